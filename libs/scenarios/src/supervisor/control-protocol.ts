import { z } from 'zod';
import { SUPERVISED_KINDS } from '../faults/fault-definition.js';

/**
 * What a command or the console may ask of the supervisor of a running stack: one JSON object and a
 * line feed for each connection, answered by one such line. Processes have names here and no pids:
 * only the supervisor knows which process has the name now.
 */
export const FAULT_SECONDS_MAX = 600;

const name = z.string().max(64);

export const controlRequest = z.discriminatedUnion('command', [
  z.strictObject({
    command: z.literal('stop'),
    name,
    /** After this time the supervisor starts the app again by itself. */
    startAgainAfterMs: z.int().min(1_000).max(600_000),
  }),
  z.strictObject({ command: z.literal('start'), name }),
  /** Fault injection. Refused unless the stack was started with DEMO_CONTROLS=1. */
  z.strictObject({
    command: z.literal('break'),
    target: name,
    kind: z.enum(SUPERVISED_KINDS),
    /** For `kill_at`: the failure point. It is part of a file name. */
    point: z
      .string()
      .regex(/^[a-z_]{1,64}$/)
      .optional(),
    /** After this time the supervisor reverts it by itself, whatever happened to the caller. */
    seconds: z.number().min(1).max(FAULT_SECONDS_MAX),
  }),
  z.strictObject({ command: z.literal('revert'), id: name }),
  z.strictObject({ command: z.literal('list broken') }),
]);
export type ControlRequest = z.infer<typeof controlRequest>;
export type BreakRequest = Extract<ControlRequest, { command: 'break' }>;

/** Something that the supervisor has broken, and has not repaired yet. */
const supervisedFault = z.strictObject({
  id: z.string(),
  target: z.string(),
  kind: z.enum(SUPERVISED_KINDS),
  point: z.string().optional(),
  /**
   * `armed`: the process has not reached its failure point yet, or the slot waits for payments that
   * it can skip. `reverting`: it is being repaired, or was started again and is not healthy yet.
   */
  state: z.enum(['armed', 'broken', 'reverting']),
  since: z.iso.datetime(),
  /** When it is reverted at the latest. */
  until: z.iso.datetime(),
});
export type SupervisedFault = z.infer<typeof supervisedFault>;

export const controlAnswer = z.union([
  z.strictObject({ done: z.literal(true) }),
  z.strictObject({ broken: z.array(supervisedFault) }),
  z.strictObject({ refused: z.string() }),
]);
export type ControlAnswer = z.infer<typeof controlAnswer>;

/** A request is never longer. */
export const LINE_BYTES_MAX = 4_096;

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
