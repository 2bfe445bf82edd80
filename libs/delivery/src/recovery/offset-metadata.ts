import { z } from 'zod';

/** Kafka stores up to 4,096 bytes with a committed offset (`offset.metadata.max.bytes`). */
export const METADATA_BYTES_MAX = 3_000;
export const COUNTS_MAX = 50;

/**
 * What a group member stores with its committed offset. The next owner of the partition reads it;
 * after kill -9 that can be the same service again.
 */
export interface OffsetMetadata {
  /** Counted attempts of records that are not complete. */
  attempts: Map<bigint, number>;
  /** The member that works on the partition. Absent after a graceful leave. */
  owner?: string;
  /** How many owners have disappeared without leaving since the watermark last moved. */
  takeovers: number;
  /** Records below this offset run in serial mode, each with a stored attempt. */
  isolatedBelow?: bigint;
  /** The record that runs alone now. If it is still set after a crash, this record was running. */
  runsAlone?: bigint;
  /** How many processes died while this record ran alone. */
  deaths: Map<bigint, number>;
}

export const emptyMetadata = (): OffsetMetadata => ({
  attempts: new Map(),
  takeovers: 0,
  deaths: new Map(),
});

/**
 * At most COUNTS_MAX counts and METADATA_BYTES_MAX bytes. The lowest offsets are kept, because they
 * hold back the watermark. If the process dies, the other records start again at 0 attempts.
 */
export function encodeMetadata(metadata: OffsetMetadata): string {
  const { owner, takeovers, isolatedBelow, runsAlone } = metadata;
  for (let countsMax = COUNTS_MAX; ; countsMax = Math.floor(countsMax / 2)) {
    const text = JSON.stringify({
      v: 1,
      ...counts('a', metadata.attempts, countsMax),
      ...counts('d', metadata.deaths, countsMax),
      ...(owner === undefined ? {} : { h: owner }),
      ...(takeovers === 0 ? {} : { t: takeovers }),
      ...(isolatedBelow === undefined ? {} : { s: String(isolatedBelow) }),
      ...(runsAlone === undefined ? {} : { r: String(runsAlone) }),
    });
    if (Buffer.byteLength(text) <= METADATA_BYTES_MAX || countsMax === 0) return text;
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
const metadataRead = z.object({
  v: z.literal(1),
  a: countsRead,
  d: countsRead,
  h: z.string().optional(),
  t: z.int().min(0).default(0),
  s: offset.optional(),
  r: offset.optional(),
});

/** Metadata of another version, or written by an operator's tool, counts as empty. */
export function decodeMetadata(text: string | null): OffsetMetadata {
  const read = metadataRead.safeParse(parsed(text));
  if (!read.success) return emptyMetadata();
  const { a, d, h, t, s, r } = read.data;
  return {
    attempts: a,
    deaths: d,
    takeovers: t,
    ...(h === undefined ? {} : { owner: h }),
    ...(s === undefined ? {} : { isolatedBelow: s }),
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
