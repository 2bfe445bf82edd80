import { DependencyDown } from '@effectively-once/delivery';

// ioredis' own messages when it has no connection, or lost it while a command ran.
const NO_CONNECTION =
  /^(Connection is closed|Stream isn't writeable|Reached the max retries|Command aborted|read ECONN|write E)/;
// Replies to every command: out of memory (nothing is evicted), loading, read-only, no login.
const REFUSES_ALL =
  /^(OOM|LOADING|BUSY|MISCONF|READONLY|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|NOAUTH|WRONGPASS|NOPERM)\b/;

/**
 * Classifies an error of ioredis. Email sends nothing in any case: without Redis it does not know
 * what was sent (fail closed). A command that timed out, or a key with a wrong value, may be about
 * this receipt, so the attempt counts.
 */
export function redisFailure(error: unknown): Error {
  const { name, message } = error as Error;
  const isDown = (name === 'ReplyError' ? REFUSES_ALL : NO_CONNECTION).test(message);
  return isDown ? new DependencyDown('redis', { cause: error }) : (error as Error);
}
