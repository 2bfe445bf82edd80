import { DependencyDown } from '@effectively-once/delivery';

// PostgreSQL classes and codes that say "the server", not "this statement":
// 08 connection, 53 resources, 57P01-57P05 shutdown and restart, 58 system.
const SERVER_IS_DOWN = /^(08|53|57P0|58)/;
const SQLSTATE = /^[0-9A-Z]{5}$/;
// The driver and its pool have only words for a connection that could not be had, or was cut.
const CONNECTION_LOST =
  /^Connection terminated|^timeout exceeded when trying to connect|not queryable|^Client was closed/;
const SOCKET_FAILED = /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;

/**
 * Sorts what the driver threw. What says that the server cannot be reached is nobody's payment's fault
 * and is not counted. Everything else is left to be retried and counted: any other SQLSTATE proves that
 * the server works, and an error of our own must not be retried for ever.
 */
export function asFailure(error: unknown): Error {
  const { code, message } = error as { code?: unknown; message?: string };
  const state = typeof code === 'string' ? code : '';
  const isServerDown = SQLSTATE.test(state) && SERVER_IS_DOWN.test(state);
  if (isServerDown || SOCKET_FAILED.test(state) || CONNECTION_LOST.test(message ?? '')) {
    return new DependencyDown('loyalty-database', { cause: error });
  }
  return error as Error;
}
