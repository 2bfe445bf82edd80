import type { PortName } from '../../environment.js';
import type { HealthCheck } from '../../health/health-check.js';
import type { ServerUser } from '../server-user.js';

/** One program of the system: how it is started, how to see that it works, how it is stopped. */
export interface ProcessDefinition {
  name: string;
  kind: 'app' | 'server';
  url: string;
  /** The ports it listens on, by their variable. */
  ports: PortName[];
  /** Steps that must be done before it is started. */
  after: string[];
  command: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
  user: ServerUser | undefined;
  /** Makes its data folder and its configuration, before every start. */
  prepare?: (signal: AbortSignal) => Promise<void>;
  checkHealth: HealthCheck;
  healthyWithinMs: number;
  stopSignal: 'SIGTERM' | 'SIGINT';
  /** From the signal to SIGKILL. */
  stopWithinMs: number;
  /** The longest wait before it is started again; 15 s when absent. */
  restartWithinMs?: number;
}
