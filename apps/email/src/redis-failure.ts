import { DependencyDown } from '@effectively-once/delivery';

// The client's own words for having no connection, or losing the one a command was on.
const NO_CONNECTION =
  /^(Connection is closed|Stream isn't writeable|Reached the max retries|Command aborted|read ECONN|write E)/;
// Replies every command gets: no memory left (nothing is ever evicted), loading, read-only, no login.
const REFUSES_EVERYBODY =
  /^(OOM|LOADING|BUSY|MISCONF|READONLY|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|NOAUTH|WRONGPASS|NOPERM)\b/;

/**
 * Sorts what the client threw. Whatever it is, nothing is mailed: without Redis nobody knows what was.
 * Everything else is left to be retried and counted: a command that timed out, a key that holds what it
 * should not.
 */
export function asFailure(error: unknown): Error {
  const { name, message } = error as Error;
  const isDown = (name === 'ReplyError' ? REFUSES_EVERYBODY : NO_CONNECTION).test(message);
  return isDown ? new DependencyDown('redis', { cause: error }) : (error as Error);
}
