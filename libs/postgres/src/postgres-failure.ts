/**
 * What the failure of a statement tells about the next attempt:
 * - `unavailable`: the server cannot be reached or cannot work; every statement fails now.
 * - `timeout`: this statement or its lock took too long; the server cancelled it.
 * - `data_refused`: the values or a constraint are violated; a repetition fails in the same way.
 * - `other`: everything else, for example our own mistake in the SQL.
 */
export type PostgresFailure = 'unavailable' | 'timeout' | 'data_refused' | 'other';

/*
 * PostgreSQL, Appendix A, "PostgreSQL Error Codes": a SQLSTATE has five characters, and the first
 * two are its class. https://www.postgresql.org/docs/18/errcodes-appendix.html
 */
const SQLSTATES: [prefix: string, PostgresFailure][] = [
  ['08', 'unavailable'], // connection exception
  ['53', 'unavailable'], // insufficient resources: disk full, out of memory, too many connections
  ['57P0', 'unavailable'], // shutdown, crash, starting up, database dropped, idle session ended
  ['58', 'unavailable'], // system error, outside PostgreSQL itself
  ['57014', 'timeout'], // query_canceled: statement_timeout
  ['55P03', 'timeout'], // lock_not_available: lock_timeout
  ['22', 'data_refused'], // data exception
  ['23', 'data_refused'], // integrity constraint violation
];

const SOCKET_FAILED = /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;

// The driver and its pool have no code, only a message, for a connection that they cannot open,
// that was cut, or that gives no answer. After `Query read timeout` the server may still execute
// the statement.
const CONNECTION_LOST = [
  /^Connection terminated/,
  /^timeout exceeded when trying to connect/,
  /^Client was closed/,
  /not queryable/,
  /^Query read timeout/,
];

export function postgresFailure(error: unknown): PostgresFailure {
  const state = sqlStateOf(error);
  const row = SQLSTATES.find(([prefix]) => state?.startsWith(prefix));
  if (row) return row[1];
  const { code, message } = partsOf(error);
  const isLost = CONNECTION_LOST.some((pattern) => pattern.test(message));
  return isLost || SOCKET_FAILED.test(code) ? 'unavailable' : 'other';
}

/** The SQLSTATE that PostgreSQL sent, if the error comes from PostgreSQL. */
export function sqlStateOf(error: unknown): string | undefined {
  const { code } = partsOf(error);
  return /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

function partsOf(error: unknown): { code: string; message: string } {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return {
    code: typeof code === 'string' ? code : '',
    message: typeof message === 'string' ? message : '',
  };
}
