import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
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

// PostgreSQL's protocol, version 3: AuthenticationOk and ReadyForQuery.
const READY = Buffer.from('R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I', 'latin1');

it('ends a half-dead connection in time', async () => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    // After the start it reads every byte, and answers none.
    socket.once('data', () => socket.write(READY)).resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = newClient({ ...options, connectionString: `postgres://a:b@127.0.0.1:${port}/c` });
  await client.connect();
  // Without the limit it waits for ever, and the test ends by its own time limit.
  await expect(client.end()).resolves.toBeUndefined();
  server.close();
});
