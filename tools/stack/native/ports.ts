import { spawnSync } from 'node:child_process';
import { connect, createServer } from 'node:net';
import type { PortName, Settings } from '../environment.js';

/**
 * @throws Error that names every port in use, its variable, and the process that holds it if known.
 */
export async function assertPortsAreFree(
  services: { name: string; ports: PortName[] }[],
  settings: Settings,
): Promise<void> {
  const faults = await Promise.all(
    services.flatMap(({ name, ports }) =>
      ports.map(async (variable) => {
        const port = settings[variable];
        if (await isFree(port)) return [];
        return `port ${port} (${variable}, for ${name}) is in use${holder(port)}`;
      }),
    ),
  );
  const taken = faults.flat();
  if (taken.length === 0) return;
  throw new Error(
    `${taken.join('\n')}\nStop the ${taken.length > 1 ? 'programs' : 'program'} on ` +
      `${taken.length > 1 ? 'these ports' : 'this port'}, or choose another port: ` +
      `${/\((\w+),/.exec(taken[0] ?? '')?.[1]}=… npm start`,
  );
}

/**
 * True if the port is free on every address of this machine, so that no port is shared by accident.
 */
export async function isFree(port: number): Promise<boolean> {
  // On macOS a program can listen on all addresses although another one listens on one of them.
  // Therefore try to connect first.
  return !(await answers(port)) && (await canListen(port));
}

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

const canListen = (port: number) =>
  new Promise<boolean>((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '0.0.0.0' }, () => server.close(() => resolve(true)));
  });

/** Asks `lsof`, which Linux and macOS have. Empty if it is missing or has no permission. */
function holder(port: number): string {
  const args = ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'];
  const { stdout } = spawnSync('lsof', args, { encoding: 'utf8' });
  const [, pid, command] = /^p(\d+)\nc(.*)$/m.exec(stdout ?? '') ?? [];
  return pid ? ` by ${command}, process ${pid}` : '';
}
