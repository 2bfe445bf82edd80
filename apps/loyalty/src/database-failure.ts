import { DependencyDown, IdempotencyCollision } from '@effectively-once/delivery';

// PostgreSQL classes and codes that say "the server", not "this statement":
// 08 connection, 53 resources, 57P01-57P05 shutdown and restart, 58 system.
const SERVER_IS_DOWN = /^(08|53|58|57P0)/;
const SQLSTATE = /^[0-9A-Z]{5}$/;

/**
 * Sorts what the driver threw. A reply with any other SQLSTATE proves the server works, so it is left to
 * be retried and counted; no SQLSTATE at all means no reply, so the connection is what failed.
 */
export function asFailure(error: unknown): Error {
  if (error instanceof IdempotencyCollision) return error;
  const { code } = error as { code?: string };
  const isReply = typeof code === 'string' && SQLSTATE.test(code);
  if (isReply && !SERVER_IS_DOWN.test(code)) return error as Error;
  return new DependencyDown('loyalty-database', { cause: error });
}
