import type { PortName } from '../../environment.js';
import type { HealthCheck } from '../../health/health-check.js';
import type { ServerUser } from '../server-user.js';

/** A program of the system: how to start it, check its health, and stop it. */
export interface ProcessDefinition {
  name: string;
  kind: 'app' | 'server';
  url: string;
  /** The variables of the ports on which it listens. */
  ports: PortName[];
  /** Steps that must be done before its start. */
  after: string[];
  command: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
  user: ServerUser | undefined;
  /** Creates its data folder and its configuration. Runs before the first start. */
  prepare?: (signal: AbortSignal) => Promise<void>;
  checkHealth: HealthCheck;
  healthyWithinMs: number;
  stopSignal: 'SIGTERM' | 'SIGINT';
  /** Time from the stop signal to SIGKILL. */
  stopWithinMs: number;
  /** Limit of the restart backoff. Default: 15 s. */
  restartWithinMs?: number;
}
