import { createServer, type AddressInfo, type Server } from 'node:net';
import type { Settings } from '../environment.js';
import { assertPortsAreFree } from './ports.js';

let server: Server;
afterEach(() => new Promise((resolve) => server.close(resolve)));

async function listen(host: string): Promise<number> {
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as AddressInfo).port;
}

it.each(['127.0.0.1', '0.0.0.0'])(
  'names a port in use on %s, its variable, its service and the process',
  async (host) => {
    const port = await listen(host);
    const services = [{ name: 'redis', ports: ['REDIS_PORT' as const] }];
    const check = assertPortsAreFree(services, { REDIS_PORT: port } as Settings);
    await expect(check).rejects.toThrow(
      new RegExp(
        `port ${port} \\(REDIS_PORT, for redis\\) is in use( by .*, process ${process.pid})?\n`,
      ),
    );
  },
);

it('accepts a free port', async () => {
  const port = await listen('127.0.0.1');
  await new Promise((resolve) => server.close(resolve));
  const services = [{ name: 'redis', ports: ['REDIS_PORT' as const] }];
  await assertPortsAreFree(services, { REDIS_PORT: port } as Settings);
});
