import { DependencyDown, PermanentFailure } from '@effectively-once/delivery';

// PostgreSQL classes and codes that say "the server", not "this statement":
// 08 connection, 53 resources, 57P01-57P05 shutdown and restart, 58 system.
const SERVER_IS_DOWN = /^(08|53|57P0|58)/;
// 22 data exception, 23 constraint violation: what was to be written is refused, and always will be.
const ENTRY_IS_REFUSED = /^2[23]/;
const SQLSTATE = /^[0-9A-Z]{5}$/;
// The driver and its pool have only words for a connection that could not be had, was cut, or is silent:
// the server itself ends a statement before `Query read timeout` (see database.ts).
const CONNECTION_LOST =
  /^Connection terminated|^timeout exceeded when trying to connect|not queryable|^Client was closed|^Query read timeout/;
const SOCKET_FAILED = /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;

/**
 * Sorts what the driver threw. What says that the server cannot be reached is nobody's payment's fault
 * and is not counted. Everything else is left to be retried and counted: a statement or a lock that took
 * too long (57014, 55P03), and an error of our own, which must not be retried for ever.
 */
export function asFailure(error: unknown): Error {
  const { code, message = '' } = error as { code?: unknown; message?: string };
  const text = typeof code === 'string' ? code : '';
  const state = SQLSTATE.test(text) ? text : '';
  if (SERVER_IS_DOWN.test(state) || SOCKET_FAILED.test(text) || CONNECTION_LOST.test(message)) {
    return new DependencyDown('loyalty-database', { cause: error });
  }
  if (ENTRY_IS_REFUSED.test(state)) {
    return new PermanentFailure('EntryRefused', `the entry was refused with ${state}`, {
      cause: error,
    });
  }
  return error as Error;
}
