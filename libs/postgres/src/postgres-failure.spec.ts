import { QueryFailedError } from 'typeorm';
import { postgresFailure, sqlStateOf, type PostgresFailure } from './postgres-failure.js';

const withCode = (code: string) => Object.assign(new Error('a message'), { code });

it.each<[PostgresFailure, string, string]>([
  ['unavailable', '08006', 'the connection failed'],
  ['unavailable', '53100', 'the disk is full'],
  ['unavailable', '53300', 'too many connections'],
  ['unavailable', '57P01', 'the server shuts down'],
  ['unavailable', '57P03', 'the server starts up'],
  ['unavailable', '58030', 'an I/O error'],
  ['unavailable', 'ECONNREFUSED', 'no server listens'],
  ['unavailable', 'ECONNRESET', 'the connection was cut'],
  ['unavailable', 'EPIPE', 'the connection was cut'],
  ['unavailable', 'EHOSTUNREACH', 'no route to the host'],
  ['unavailable', 'EAI_AGAIN', 'the host name does not resolve'],
  ['timeout', '57014', 'the statement took too long'],
  ['timeout', '55P03', 'the lock took too long'],
  ['data_refused', '22001', 'the text is too long'],
  ['data_refused', '23505', 'the key exists'],
  ['other', '42601', 'a syntax error'],
  ['other', '40001', 'a serialization failure'],
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

it('finds the SQLSTATE', () => {
  expect(sqlStateOf(withCode('23505'))).toBe('23505');
  expect(sqlStateOf(withCode('ECONNREFUSED'))).toBeUndefined();
});
