import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { TcpProxy } from './tcp-proxy.js';
import { waitUntil } from './wait-until.js';

/** Says back whatever it hears, and remembers it. */
let echo: Server;
let heard: string;
let proxy: TcpProxy;
let clients: Socket[];

beforeEach(async () => {
  heard = '';
  clients = [];
  echo = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('data', (chunk) => (heard += chunk.toString()));
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

it('carries every byte both ways, and the end of what was said', async () => {
  const client = await dial();
  const text = 'x'.repeat(1_000_000);
  const ended = once(client.socket, 'end');
  client.socket.end(text);
  await client.answered(text);
  await ended;
});

it('refuses like a server that died: connections are gone and new ones fail', async () => {
  const client = await dial();
  client.socket.write('before');
  await client.answered('before');
  const closed = once(client.socket, 'close');
  await proxy.refuse();
  await closed;
  await expect(dial()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

it('hangs like a server that is frozen: connections are accepted and stay, nothing comes through', async () => {
  const early = await dial();
  early.socket.write('before');
  await early.answered('before');
  await proxy.hang();
  early.socket.write(', meanwhile');
  const late = await dial();
  late.socket.write('new');
  // A second way to the same server is the clock: what could have come through by now would have.
  const { port } = echo.address() as AddressInfo;
  const beside = await TcpProxy.listen({ port: 0, to: { host: '127.0.0.1', port } });
  const witness = connect({ host: '127.0.0.1', port: beside.port });
  witness.end('!');
  await waitUntil('the witness', () => heard.endsWith('!'));
  await beside.refuse();
  expect(heard).toBe('before!');
  expect([early.socket.destroyed, late.socket.destroyed]).toEqual([false, false]);
});

it('a hanging server that heals hears late what was said to it', async () => {
  const early = await dial();
  await proxy.hang();
  early.socket.write('meanwhile');
  const late = await dial();
  late.socket.write('new');
  await proxy.heal();
  await early.answered('meanwhile');
  await late.answered('new');
});

it('healing what is well changes nothing', async () => {
  const client = await dial();
  await proxy.heal();
  client.socket.write('once');
  await client.answered('once');
  client.socket.end();
  await once(client.socket, 'end');
  expect(heard).toBe('once');
});

it('a hanging server that heals hears also the client that has hung up since', async () => {
  const client = await dial();
  client.socket.write('before');
  await client.answered('before');
  await proxy.hang();
  client.socket.end(', meanwhile');
  await proxy.heal();
  await waitUntil('the rest', () => heard === 'before, meanwhile');
});

it('is reached at the same port after it refused', async () => {
  const { port } = proxy;
  await proxy.refuse();
  await proxy.refuse();
  await proxy.heal();
  const client = await dial();
  client.socket.write('after');
  await client.answered('after');
  expect(proxy.port).toBe(port);
});

it('hangs up on the client when the server cannot be reached', async () => {
  echo.close();
  await once(echo, 'close');
  const client = await dial();
  await once(client.socket, 'close');
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
});
