import { QueryFailedError } from 'typeorm';
import { postgresFailure, sqlStateOf, type PostgresFailure } from './postgres-failure.js';

const withCode = (code: string) => Object.assign(new Error('a message'), { code });

it.each<[PostgresFailure, string, string]>([
  ['unavailable', '08006', 'the connection failed'],
  ['unavailable', '25006', 'the server or the role is read-only'],
  ['unavailable', '25P03', 'the session was ended because it was idle in a transaction'],
  ['unavailable', '26000', 'the prepared statement is gone'],
  ['unavailable', '28P01', 'the password is refused'],
  ['unavailable', '28000', 'the role may not log in'],
  ['unavailable', '3D000', 'the database does not exist'],
  ['unavailable', '3F000', 'the schema does not exist'],
  ['unavailable', '42501', 'the permission was taken away'],
  ['unavailable', '42P01', 'the table does not exist'],
  ['unavailable', '42703', 'the column does not exist'],
  ['unavailable', '42883', 'the function does not exist'],
  ['unavailable', '42P10', 'the unique index of ON CONFLICT does not exist'],
  ['unavailable', '42704', 'the type does not exist'],
  ['unavailable', '0A000', 'the plan of a prepared statement is out of date'],
  ['unavailable', '53100', 'the disk is full'],
  ['unavailable', '53200', 'out of memory'],
  ['unavailable', '53300', 'too many connections'],
  ['unavailable', '57P01', 'the server shuts down'],
  ['unavailable', '57P03', 'the server starts up'],
  ['unavailable', '55000', 'the standby does not accept this yet'],
  ['unavailable', '57P04', 'the database was dropped'],
  ['unavailable', '57P05', 'the session was ended because it was idle'],
  ['unavailable', '58030', 'an I/O error'],
  ['unavailable', 'F0001', 'the lock file exists'],
  ['unavailable', 'XX001', 'the data is corrupted'],
  ['unavailable', 'XX002', 'the index is corrupted'],
  ['unavailable', 'ECONNREFUSED', 'no server listens'],
  ['unavailable', 'ECONNRESET', 'the connection was cut'],
  ['unavailable', 'EPIPE', 'the connection was cut'],
  ['unavailable', 'EHOSTUNREACH', 'no route to the host'],
  ['unavailable', 'EADDRNOTAVAIL', 'no local port is free'],
  ['unavailable', 'EAI_AGAIN', 'the host name does not resolve'],
  ['timeout', '57014', 'the statement took too long'],
  ['timeout', '25P04', 'the transaction took too long'],
  ['timeout', '55P03', 'the lock took too long'],
  ['data_refused', '22001', 'the text is too long'],
  ['data_refused', '23505', 'the key exists'],
  ['other', '42601', 'a syntax error'],
  ['transient', '40P01', 'a deadlock'],
  ['transient', 'XX000', 'an internal error'],
  ['transient', '40001', 'a serialization failure'],
])('is %s after %s: %s', (failure, code) => {
  expect(postgresFailure(withCode(code))).toBe(failure);
});

it.each([
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'timeout exceeded when trying to connect',
  'Client was closed and is not queryable',
  'Client has encountered a connection error and is not queryable',
  'Query read timeout',
  'SASL: SCRAM-SERVER-FINAL-MESSAGE: server signature does not match',
  'received invalid response: 48',
])('is unavailable when the driver says "%s"', (message) => {
  expect(postgresFailure(new Error(message))).toBe('unavailable');
  expect(postgresFailure(new QueryFailedError('SELECT 1', [], new Error(message)))).toBe(
    'unavailable',
  );
});

it.each([new TypeError('no function'), undefined, null, 'a text'])(
  'is other when the error does not come from PostgreSQL: %s',
  (error) => {
    expect(postgresFailure(error)).toBe('other');
    expect(sqlStateOf(error)).toBeUndefined();
  },
);

it('tells a table without a partition for the row from a row that a check refuses', () => {
  const noPartition = withCode('23514');
  const refused = Object.assign(withCode('23514'), { constraint: 'amount_is_positive' });
  expect(postgresFailure(noPartition)).toBe('unavailable');
  expect(postgresFailure(new QueryFailedError('INSERT', [], noPartition))).toBe('unavailable');
  expect(postgresFailure(refused)).toBe('data_refused');
  expect(postgresFailure(new QueryFailedError('INSERT', [], refused))).toBe('data_refused');
});

it('finds the SQLSTATE', () => {
  expect(sqlStateOf(withCode('23505'))).toBe('23505');
  expect(sqlStateOf(withCode('ECONNREFUSED'))).toBeUndefined();
});
