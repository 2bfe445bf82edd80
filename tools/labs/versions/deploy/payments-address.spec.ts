import { Agent, createServer, get, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { PaymentsAddress } from './payments-address.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A server that answers with its name. @returns its port. */
async function instance(name: string): Promise<{ port: number; server: Server }> {
  const server = createServer((_, response) => response.end(name)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  return { port: (server.address() as AddressInfo).port, server };
}

async function free(): Promise<number> {
  const { port, server } = await instance('');
  server.close();
  await once(server, 'close');
  return port;
}

async function answerAt(port: number, agent?: Agent): Promise<string> {
  const [response] = (await once(get({ port, agent }), 'response')) as [IncomingMessage];
  return await text(response);
}

it('sends a new connection to the new instance, and leaves an open one with the old', async () => {
  const port = await free();
  const address = await PaymentsAddress.listen(port);
  closing.push(() => address.close());
  const [old, next] = [await instance('old'), await instance('next')];
  address.pointTo(old.port);
  const kept = new Agent({ keepAlive: true, maxSockets: 1 });
  closing.push(() => kept.destroy());
  await expect(answerAt(port, kept)).resolves.toBe('old');
  address.pointTo(next.port);
  await expect(answerAt(port, kept)).resolves.toBe('old');
  await expect(answerAt(port)).resolves.toBe('next');
  old.server.closeAllConnections();
  old.server.close();
  while (Object.keys(kept.freeSockets).length > 0) await new Promise(setImmediate);
  await expect(answerAt(port, kept)).resolves.toBe('next');
});

it('closes a connection while there is no instance', async () => {
  const port = await free();
  const address = await PaymentsAddress.listen(port);
  closing.push(() => address.close());
  await expect(answerAt(port)).rejects.toThrow('socket hang up');
});
