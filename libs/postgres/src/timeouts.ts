export const CONNECT_TIMEOUT_MS = 3_000;
/** The server cancels a statement after this time. */
export const STATEMENT_TIMEOUT_MS = 5_000;
/**
 * The driver waits so much longer than the server's own limit. A connection without an answer by
 * then is dead.
 */
export const QUERY_GRACE_MS = 2_000;
export const QUERY_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + QUERY_GRACE_MS;
/** So long the driver waits until the server closes the connection. */
export const END_TIMEOUT_MS = 1_000;
