import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import {
  controlRequest,
  LINE_BYTES_MAX,
  whyNoControlSocket,
  type ControlAnswer,
} from '@effectively-once/scenarios/supervisor/control-protocol';
import type { SupervisedFaults } from './faults/supervised-faults.js';
import type { StoppableApps } from './stoppable-apps.js';

const REQUEST_WITHIN_MS = 5_000;
const OWNER_ONLY = 0o177;

/** What the commands act on. */
interface Controlled {
  apps: Pick<StoppableApps, 'stop' | 'start'>;
  /** undefined: the stack was started without DEMO_CONTROLS=1, so no request may break it. */
  faults: Pick<SupervisedFaults, 'inject' | 'revert' | 'list'> | undefined;
}

export interface ControlServer {
  /** Takes no more requests, and deletes the socket. */
  close(): Promise<void>;
}

/**
 * Listens for commands about single processes. If it cannot, it says why in a note, and the stack
 * runs without it.
 */
export async function serveControl(
  options: Controlled & { socket: string; onNote: (note: string) => void },
): Promise<ControlServer | undefined> {
  const { socket, onNote } = options;
  const why = whyNoControlSocket(socket);
  if (why !== undefined) {
    onNote(`no command can stop a single app of this stack: ${why}`);
    return undefined;
  }
  const connections = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
    // A command that was killed resets its connection. What it asked for is done nevertheless.
    connection.on('error', () => connection.destroy());
    void answer(connection, options);
  });
  // Of a killed supervisor. This one owns the folder, so no other listens here.
  rmSync(socket, { force: true });
  // With a chmod afterwards, the socket would be open to other accounts for a moment.
  const before = process.umask(OWNER_ONLY);
  try {
    server.listen(socket);
  } finally {
    process.umask(before);
  }
  try {
    await once(server, 'listening');
  } catch (error) {
    onNote(`no command can stop a single app of this stack: ${(error as Error).message}`);
    return undefined;
  }
  return {
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const connection of connections) connection.destroy();
      await closed;
    },
  };
}

async function answer(connection: Socket, controlled: Controlled): Promise<void> {
  const answered: ControlAnswer = await firstLine(connection)
    .then((line) => run(line, controlled))
    .catch((error: Error) => ({ refused: error.message }));
  // Not `end` alone: the client may never close its side, and `close` would wait for it.
  connection.write(`${JSON.stringify(answered)}\n`, () => connection.destroySoon());
}

async function run(line: string, { apps, faults }: Controlled): Promise<ControlAnswer> {
  const parsed = controlRequest.safeParse(jsonOf(line));
  if (!parsed.success) return { refused: 'this is not a request that the supervisor knows' };
  const { data: request } = parsed;
  switch (request.command) {
    case 'stop':
      await apps.stop(request.name, request.startAgainAfterMs);
      return { done: true };
    case 'start':
      await apps.start(request.name);
      return { done: true };
    case 'break':
      if (!faults) return { refused: 'this stack was started without DEMO_CONTROLS=1' };
      await faults.inject(request);
      return { done: true };
    case 'revert':
      await faults?.revert(request.id);
      return { done: true };
    case 'list broken':
      return { broken: faults?.list() ?? [] };
    default:
      return request satisfies never;
  }
}

/** @throws Error if no line arrives in time, or if it is too long. */
async function firstLine(connection: Socket): Promise<string> {
  connection.setTimeout(REQUEST_WITHIN_MS, () => connection.destroy());
  let text = '';
  for await (const part of connection.iterator({ destroyOnReturn: false })) {
    text += String(part);
    const end = text.indexOf('\n');
    if (end >= 0) {
      // The work may take longer than a request.
      connection.setTimeout(0);
      return text.slice(0, end);
    }
    if (text.length > LINE_BYTES_MAX) throw new Error('the request is too long');
  }
  throw new Error('the request has no end');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller refuses it.
    return undefined;
  }
}
