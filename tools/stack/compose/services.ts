import { APPS, type AppName } from '../app-environment.js';
import { portVariable, type PortName } from '../environment.js';
import { SERVERS, type ServerName } from '../health/health-check.js';

export type LongRunning = ServerName | AppName;
export const LONG_RUNNING: readonly LongRunning[] = [...SERVERS, ...APPS];

/**
 * The one-shots that must succeed before the apps start. Without `demo`: `npm start` pays itself.
 */
export const PREPARATIONS = ['migrate', 'topics', 'index', 'connector'] as const;

/** The port of each service in its container. A spec compares it with docker-compose.yml. */
export const CONTAINER_PORTS: Record<LongRunning, number> = {
  postgres: 5432,
  kafka: 9092,
  connect: 8083,
  redis: 6379,
  elasticsearch: 9200,
  alertmanager: 9093,
  prometheus: 9090,
  'third-parties': 3010,
  payments: 3000,
  email: 3001,
  loyalty: 3002,
  search: 3003,
  console: 8080,
};

export const isLongRunning = (service: string): service is LongRunning =>
  (LONG_RUNNING as readonly string[]).includes(service);

/** The variables with the ports of this machine that a service uses. */
export function portVariables(service: LongRunning): PortName[] {
  const own = portVariable(service);
  return service === 'third-parties' ? [own, 'PSP_PORT', 'SMTP_PORT'] : [own];
}

export function urlOf(service: LongRunning, port: number): string {
  if (service === 'kafka') return `127.0.0.1:${port}`;
  const scheme = service === 'postgres' || service === 'redis' ? service : 'http';
  return `${scheme}://127.0.0.1:${port}`;
}
