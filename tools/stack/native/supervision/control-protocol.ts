import { join } from 'node:path';
import { z } from 'zod';
import type { StackFolder } from '../stack-folder.js';

/**
 * What a command may ask of the supervisor of a running stack: one JSON object and a line feed for
 * each connection, answered by one such line. Apps have names here and no pids: only the supervisor
 * knows which process an app is now.
 */
export const controlRequest = z.discriminatedUnion('command', [
  z.strictObject({
    command: z.literal('stop'),
    name: z.string(),
    /** After this time the supervisor starts the app again by itself. */
    startAgainAfterMs: z.int().min(1_000).max(600_000),
  }),
  z.strictObject({ command: z.literal('start'), name: z.string() }),
]);
export type ControlRequest = z.infer<typeof controlRequest>;

export const controlAnswer = z.union([
  z.strictObject({ done: z.literal(true) }),
  z.strictObject({ refused: z.string() }),
]);
export type ControlAnswer = z.infer<typeof controlAnswer>;

/** A request or an answer is never longer. */
export const LINE_BYTES_MAX = 4_096;

/** The socket lies in the folder of the stack, and only its owner may connect (mode 0600). */
export const controlSocketOf = ({ path }: Pick<StackFolder, 'path'>) => join(path, 'control.sock');

/** The shortest limit of our platforms (macOS): 104 bytes with the closing NUL. unix(7), unix(4) */
const SOCKET_PATH_BYTES_MAX = 103;

/** Why this platform or this path can have no such socket; undefined if it can. */
export function whyNoControlSocket(
  socket: string,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  if (platform === 'win32') return 'this platform has no unix sockets';
  const bytes = Buffer.byteLength(socket);
  if (bytes <= SOCKET_PATH_BYTES_MAX) return undefined;
  return `${socket} is too long for a unix socket: ${bytes} bytes, at most ${SOCKET_PATH_BYTES_MAX}`;
}
