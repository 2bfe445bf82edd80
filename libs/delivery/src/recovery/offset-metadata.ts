import { z } from 'zod';

/** Kafka keeps 4,096 bytes beside a committed offset (`offset.metadata.max.bytes`). */
export const NOTE_BYTES_MAX = 3_000;
export const COUNTS_MAX = 50;

/**
 * What a member leaves beside its committed offset for whoever takes the partition over, itself after
 * kill -9 too.
 */
export interface Note {
  /** Counted attempts of records not settled yet. */
  attempts: Map<bigint, number>;
  /** The member at work on the partition. Absent after a graceful leave. */
  holder?: string;
  /** How often a holder has gone without a word since the watermark last moved. */
  takeovers: number;
  /** Records below this offset run one at a time, each with its mark. */
  suspectedBelow?: bigint;
  /** The record that runs alone at this moment. Still there after a crash: the record did it. */
  runsAlone?: bigint;
  /** Processes that died while this record ran alone. */
  deaths: Map<bigint, number>;
}

export const emptyNote = (): Note => ({ attempts: new Map(), takeovers: 0, deaths: new Map() });

/**
 * At most COUNTS_MAX counts and NOTE_BYTES_MAX bytes; of more, the lowest offsets are kept, because they
 * hold up the watermark. The others start again at 0 if the process dies.
 */
export function encodeNote(note: Note): string {
  for (let countsMax = COUNTS_MAX; ; countsMax = Math.floor(countsMax / 2)) {
    const text = JSON.stringify({
      v: 1,
      ...counts('a', note.attempts, countsMax),
      ...counts('d', note.deaths, countsMax),
      ...(note.holder === undefined ? {} : { h: note.holder }),
      ...(note.takeovers === 0 ? {} : { t: note.takeovers }),
      ...(note.suspectedBelow === undefined ? {} : { s: String(note.suspectedBelow) }),
      ...(note.runsAlone === undefined ? {} : { r: String(note.runsAlone) }),
    });
    if (Buffer.byteLength(text) <= NOTE_BYTES_MAX || countsMax === 0) return text;
  }
}

function counts(name: string, of: Map<bigint, number>, countsMax: number) {
  const lowest = [...of].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, countsMax);
  return lowest.length === 0
    ? {}
    : { [name]: Object.fromEntries(lowest.map(([offset, count]) => [String(offset), count])) };
}

const offset = z
  .string()
  .regex(/^\d{1,19}$/)
  .transform(BigInt);
const countsRead = z
  .record(z.string().regex(/^\d{1,19}$/), z.int().min(0))
  .transform((read) => new Map(Object.entries(read).map(([at, count]) => [BigInt(at), count])))
  .default(() => new Map<bigint, number>());
const noteRead = z.object({
  v: z.literal(1),
  a: countsRead,
  d: countsRead,
  h: z.string().optional(),
  t: z.int().min(0).default(0),
  s: offset.optional(),
  r: offset.optional(),
});

/** A note nobody can read (another version's, an operator's) says nothing, and stops nobody. */
export function decodeNote(text: string | null): Note {
  const read = noteRead.safeParse(parsed(text));
  if (!read.success) return emptyNote();
  const { a, d, h, t, s, r } = read.data;
  return {
    attempts: a,
    deaths: d,
    takeovers: t,
    ...(h === undefined ? {} : { holder: h }),
    ...(s === undefined ? {} : { suspectedBelow: s }),
    ...(r === undefined ? {} : { runsAlone: r }),
  };
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
