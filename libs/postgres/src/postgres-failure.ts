/**
 * What the failure of a statement tells about the next attempt:
 * - `unavailable`: the server cannot be reached, or does not do this work for any caller now.
 * - `timeout`: this statement or its lock took too long; the server cancelled it.
 * - `transient`: a conflict with another transaction, or an internal error of the server. The same
 *   statement may succeed next time.
 * - `data_refused`: the values or a constraint are violated; a repetition fails in the same way.
 * - `other`: everything else, for example our own mistake in the SQL.
 */
export type PostgresFailure = 'unavailable' | 'timeout' | 'transient' | 'data_refused' | 'other';

/*
 * PostgreSQL, Appendix A, "PostgreSQL Error Codes": a SQLSTATE has five characters, and the first
 * two are its class. https://www.postgresql.org/docs/18/errcodes-appendix.html
 * The first row that matches decides, so a code stands before its class.
 */
const SQLSTATES: [prefix: string, PostgresFailure, why: string][] = [
  ['08', 'unavailable', 'connection exception'],
  [
    '0A000',
    'unavailable',
    'a prepared statement is older than the table: a new session has it anew',
  ],
  ['25006', 'unavailable', 'read-only: a standby after a failover, or a role that was changed'],
  ['25P03', 'unavailable', 'idle_in_transaction_session_timeout ended the session'],
  ['25P04', 'timeout', 'transaction_timeout'],
  ['26', 'unavailable', 'a prepared statement is gone: another server behind the same address'],
  ['28', 'unavailable', 'the login is refused'],
  ['3D', 'unavailable', 'the database does not exist'],
  ['3F', 'unavailable', 'the schema does not exist'],
  ['40', 'transient', 'a deadlock, a serialization failure, a conflict with recovery'],
  ['42601', 'other', 'a syntax error: our own mistake'],
  // Our statements are fixed texts, so the values of one row cause none of these.
  ['42', 'unavailable', 'no permission, or no such table, column, index or function'],
  ['53', 'unavailable', 'disk full, out of memory, too many connections'],
  ['55000', 'unavailable', 'a standby that does not accept this yet, or an invalid object'],
  ['55P03', 'timeout', 'lock_timeout'],
  ['57014', 'timeout', 'statement_timeout'],
  ['57P', 'unavailable', 'shutdown, crash, start, database dropped, idle session ended'],
  ['58', 'unavailable', 'system error, outside PostgreSQL itself'],
  ['F0', 'unavailable', 'configuration file error, or a lock file that exists'],
  ['XX001', 'unavailable', 'data corrupted'],
  ['XX002', 'unavailable', 'index corrupted'],
  ['XX', 'transient', 'internal error: of this statement or of every one, it does not tell'],
  ['22', 'data_refused', 'data exception'],
  ['23', 'data_refused', 'integrity constraint violation'],
];

const SOCKET_FAILED =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOST\w+|ENET\w+|EADDRNOTAVAIL|ENOTFOUND|EAI_\w+|EMFILE|ENFILE)$/;

// The driver and its pool have no code, only a message, for a connection that they cannot open,
// that was cut, that gives no answer, or that leads to another kind of server. After `Query read
// timeout` the server may still execute the statement.
const CONNECTION_LOST = [
  /^Connection terminated/,
  /^timeout exceeded when trying to connect/,
  /^Client was closed/,
  /not queryable/,
  /^Query read timeout/,
  /^SASL: /,
  /^received invalid response/,
  /^Received unexpected \w+ message/,
  /^The server does not support SSL/,
];

export function postgresFailure(error: unknown): PostgresFailure {
  const state = sqlStateOf(error);
  if (state === '23514' && !constraintOf(error)) return 'unavailable';
  const row = SQLSTATES.find(([prefix]) => state?.startsWith(prefix));
  if (row) return row[1];
  const { code, message } = partsOf(error);
  const isLost = CONNECTION_LOST.some((pattern) => pattern.test(message));
  return isLost || SOCKET_FAILED.test(code) ? 'unavailable' : 'other';
}

// A check violation without a constraint: no partition of the table takes the row. The table is
// not prepared, so every row of that day is refused.
function constraintOf(error: unknown): unknown {
  const { constraint, driverError } = (error ?? {}) as {
    constraint?: unknown;
    driverError?: { constraint?: unknown };
  };
  return constraint ?? driverError?.constraint;
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
