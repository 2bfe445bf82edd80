import type { PortName, Settings } from '../stack/environment.js';
import { isFree } from '../stack/native/ports.js';
import { PROXY_PORTS } from './proxies/proxies.js';

/** Added to every port, so that a test stack and a running system do not share a port. */
const OFFSETS = [20_000, 21_000, 22_000, 23_000];

// No port of `.env` has these last three digits, so no two blocks overlap. Below the ephemeral port
// range: a proxy's port must still be free when the proxy listens again.
const FIRST_PROXY_PORT = 4_100;

export interface PortBlock {
  name: string;
  /** Environment variables that override `.env`. */
  ports: Record<string, string>;
  /** For the proxies, which only a test stack has. */
  proxyPorts: number[];
}

/**
 * The first block in which every port is free.
 * @throws Error if there is none. A stack without some of its ports would fail later, with a less
 * clear message.
 */
export async function freePortBlock(settings: Settings): Promise<PortBlock> {
  const names = Object.keys(settings).filter((name): name is PortName => name.endsWith('_PORT'));
  for (const offset of OFFSETS) {
    const ports = names.map((name) => [name, settings[name] + offset] as const);
    const proxyPorts = Array.from(
      { length: PROXY_PORTS },
      (_, index) => offset + FIRST_PROXY_PORT + index,
    );
    const free = await Promise.all([...ports.map(([, port]) => port), ...proxyPorts].map(isFree));
    if (!free.every(Boolean)) continue;
    const variables = ports.map(([name, port]) => [name, String(port)]);
    return {
      name: `test-${offset}`,
      ports: Object.fromEntries(variables) as PortBlock['ports'],
      proxyPorts,
    };
  }
  throw new Error(`no free block of ports for a test stack (tried +${OFFSETS.join(', +')})`);
}
