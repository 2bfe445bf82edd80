import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { TcpProxy } from './tcp-proxy.js';
import { waitUntil } from './wait-until.js';

/** Echoes the bytes that it receives, and records them in `received`. */
let echo: Server;
let received: string;
let proxy: TcpProxy;
let clients: Socket[];

beforeEach(async () => {
  received = '';
  clients = [];
  echo = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('data', (chunk) => (received += chunk.toString()));
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const { port } = echo.address() as AddressInfo;
  proxy = await TcpProxy.listen({ port: 0, to: { host: '127.0.0.1', port } });
});

afterEach(async () => {
  clients.forEach((client) => client.destroy());
  await proxy.refuse();
  echo.close();
  await once(echo, 'close');
});

async function dial() {
  const socket = connect({ host: '127.0.0.1', port: proxy.port });
  clients.push(socket);
  let answered = '';
  socket.on('data', (chunk) => (answered += chunk.toString()));
  await once(socket, 'connect');
  return { socket, answered: (text: string) => waitUntil(text, () => answered === text) };
}

it('forwards every byte both ways, and the end of the stream', async () => {
  const client = await dial();
  const text = 'x'.repeat(1_000_000);
  const ended = once(client.socket, 'end');
  client.socket.end(text);
  await client.answered(text);
  await ended;
});

it('refuses like a server that has died: connections close and new ones fail', async () => {
  const client = await dial();
  client.socket.write('before');
  await client.answered('before');
  const closed = once(client.socket, 'close');
  await proxy.refuse();
  await closed;
  await expect(dial()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

it('hangs like a server that is frozen: connections are accepted and stay open, no byte passes', async () => {
  const early = await dial();
  early.socket.write('before');
  await early.answered('before');
  await proxy.hang();
  early.socket.write(', meanwhile');
  const late = await dial();
  late.socket.write('new');
  // Not a sleep, but a second proxy to the same server: once its byte has arrived, earlier bytes
  // would have arrived too, if the first proxy had forwarded them.
  const { port } = echo.address() as AddressInfo;
  const beside = await TcpProxy.listen({ port: 0, to: { host: '127.0.0.1', port } });
  const witness = connect({ host: '127.0.0.1', port: beside.port });
  witness.end('!');
  await waitUntil('the witness', () => received.endsWith('!'));
  await beside.refuse();
  expect(received).toBe('before!');
  expect([early.socket.destroyed, late.socket.destroyed]).toEqual([false, false]);
});

it('forwards late, after it heals, the bytes that were sent while it hung', async () => {
  const early = await dial();
  await proxy.hang();
  early.socket.write('meanwhile');
  const late = await dial();
  late.socket.write('new');
  await proxy.heal();
  await early.answered('meanwhile');
  await late.answered('new');
});

it('does nothing when it heals without a fault', async () => {
  const client = await dial();
  await proxy.heal();
  client.socket.write('once');
  await client.answered('once');
  client.socket.end();
  await once(client.socket, 'end');
  expect(received).toBe('once');
});

it('forwards, after it heals, also the bytes of a client that has hung up since', async () => {
  const client = await dial();
  client.socket.write('before');
  await client.answered('before');
  await proxy.hang();
  client.socket.end(', meanwhile');
  await proxy.heal();
  await waitUntil('the rest', () => received === 'before, meanwhile');
});

it('listens at the same port after it refused', async () => {
  const { port } = proxy;
  await proxy.refuse();
  await proxy.refuse();
  await proxy.heal();
  const client = await dial();
  client.socket.write('after');
  await client.answered('after');
  expect(proxy.port).toBe(port);
});

it('closes the connection of the client if the server cannot be reached', async () => {
  echo.close();
  await once(echo, 'close');
  const client = await dial();
  await once(client.socket, 'close');
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
});

it('swallows what open connections send, also after it heals, and forwards for new ones', async () => {
  const old = await dial();
  old.socket.write('before');
  await old.answered('before');
  await proxy.swallow();
  old.socket.write(' lost');
  const fresh = await dial();
  fresh.socket.write('new');
  await fresh.answered('new');
  await proxy.heal();
  old.socket.write(' lost too');
  fresh.socket.write(' and on');
  await fresh.answered('new and on');
  await old.answered('before');
  expect(old.socket.destroyed).toBe(false);
  expect(received).not.toContain('lost');
});
