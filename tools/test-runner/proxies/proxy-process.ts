import { createServer } from 'node:http';
import { PROXY_FAULTS, TcpProxy } from '@effectively-once/testing/tcp-proxy';
import type { ProxyProcessOptions } from './proxies.js';

// The TCP proxies run in their own process with an HTTP control API, because the tests that inject
// the faults run in another process than the stack. `POST /<dependency>/<fault>` or `/heal`
// answers 204 once the proxy has switched.

const { controlPort, proxies: routes } = JSON.parse(process.argv[2] ?? '') as ProxyProcessOptions;

const proxies = new Map<string, TcpProxy>();
for (const { dependency, port, to } of routes) {
  proxies.set(dependency, await TcpProxy.listen({ port, to }));
}

createServer((request, response) => {
  void switchProxy(request.method === 'POST' ? (request.url ?? '') : '').then(
    (isKnown) => response.writeHead(isKnown ? 204 : 404).end(),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
}).listen(controlPort, '127.0.0.1');

async function switchProxy(path: string): Promise<boolean> {
  const [, dependency = '', asked] = path.split('/');
  const proxy = proxies.get(dependency);
  const how = ([...PROXY_FAULTS, 'heal'] as const).find((known) => known === asked);
  if (!proxy || !how) return false;
  await proxy[how]();
  return true;
}
