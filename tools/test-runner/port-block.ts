import type { PortName, Settings } from '../stack/environment.js';
import { isFree } from '../stack/native/ports.js';
import { CABLE_PORTS } from './proxies/proxies.js';

/** Added to every port, so that a test stack and a running system do not meet. */
const OFFSETS = [20_000, 21_000, 22_000, 23_000];

// No port of `.env` has these last three digits, so no two blocks meet. Below the ports that systems give
// to clients: a cable's port must still be free when it is healed.
const FIRST_CABLE_PORT = 4_100;

export interface PortBlock {
  name: string;
  /** As variables, which override `.env`. */
  ports: Record<string, string>;
  /** For what only a test stack has. */
  cablePorts: number[];
}

/**
 * The first block of ports that is free as a whole.
 * @throws Error when none is, because a stack with half its ports would fail later and less clearly.
 */
export async function freePortBlock(settings: Settings): Promise<PortBlock> {
  const names = Object.keys(settings).filter((name): name is PortName => name.endsWith('_PORT'));
  for (const offset of OFFSETS) {
    const ports = names.map((name) => [name, settings[name] + offset] as const);
    const cablePorts = Array.from(
      { length: CABLE_PORTS },
      (_, index) => offset + FIRST_CABLE_PORT + index,
    );
    const free = await Promise.all([...ports.map(([, port]) => port), ...cablePorts].map(isFree));
    if (!free.every(Boolean)) continue;
    const variables = ports.map(([name, port]) => [name, String(port)]);
    return {
      name: `test-${offset}`,
      ports: Object.fromEntries(variables) as PortBlock['ports'],
      cablePorts,
    };
  }
  throw new Error(`no free block of ports for a test stack (tried +${OFFSETS.join(', +')})`);
}
