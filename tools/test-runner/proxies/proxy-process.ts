import { createServer } from 'node:http';
import { TcpProxy } from '@effectively-once/testing/tcp-proxy';
import type { CableBox } from './proxies.js';

// A process of its own, told by HTTP: the tests, which cut the cables, are not the process that started
// the stack. `POST /<dependency>/refuse`, `/hang` or `/heal` answers 204 once it is so.

const { controlPort, cables } = JSON.parse(process.argv[2] ?? '') as CableBox;

const proxies = new Map<string, TcpProxy>();
for (const { dependency, port, to } of cables) {
  proxies.set(dependency, await TcpProxy.listen({ port, to }));
}

createServer((request, response) => {
  void turn(request.method === 'POST' ? (request.url ?? '') : '').then(
    (isKnown) => response.writeHead(isKnown ? 204 : 404).end(),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
}).listen(controlPort, '127.0.0.1');

async function turn(path: string): Promise<boolean> {
  const [, dependency = '', asked] = path.split('/');
  const proxy = proxies.get(dependency);
  const how = (['refuse', 'hang', 'heal'] as const).find((known) => known === asked);
  if (!proxy || !how) return false;
  await proxy[how]();
  return true;
}
