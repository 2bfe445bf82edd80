import { newClient, newPool } from './connections.js';

const options = { connectionString: 'postgres://a@127.0.0.1:1/b', applicationName: 'test' };

it('a cut connection is an error of the next query, and does not end the process', async () => {
  const pool = newPool({ ...options, max: 1 });
  for (const one of [newClient(options), pool]) {
    expect(() => one.emit('error', new Error('cut'))).not.toThrow();
  }
  await pool.end();
});

it('every connection waits longer for an answer than the server works on it, and not for ever', async () => {
  const pool = newPool({ ...options, max: 1, statementTimeoutMs: 30_000 });
  expect(pool.options).toMatchObject({
    connectionTimeoutMillis: 3_000,
    statement_timeout: 30_000,
    query_timeout: 32_000,
  });
  await pool.end();
});
