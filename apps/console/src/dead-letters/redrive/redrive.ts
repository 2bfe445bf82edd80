import { setTimeout as sleep } from 'node:timers/promises';
import { deadLetterTopic, redriveTopic } from '@effectively-once/contracts';
import {
  readTopic,
  type KafkaRecord,
  type OffsetRange,
  type RecordProducer,
} from '@effectively-once/kafka';
import type { RedriveClaim, OpenRedrive, OpenRedrives } from './open-redrives.js';
import { redriven } from './redriven.js';

/** The number of records in memory. */
const READ_RECORDS_MAX = 250;
/** Produced and marked together: so many duplicates a crash between the two steps makes. */
const SEND_RECORDS_MAX = 100;
// The broker refuses batches above one megabyte. A larger record gets its own batch.
const SEND_BYTES_MAX = 500_000;

/** Failure points: a test can crash the console here. */
export const REDRIVE_POINTS = ['after_action_recorded', 'after_produce_before_mark'] as const;
export type RedrivePoint = (typeof REDRIVE_POINTS)[number];

export interface RedriveOptions {
  connection: { brokers: string[]; clientId: string };
  open: OpenRedrives;
  producer: Pick<RecordProducer, 'sendAll'>;
  /**
   * Enforces the rate limit. Ends early if the signal is aborted; then nothing more is produced.
   */
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
  reach: (point: RedrivePoint) => void;
  /** Called with dead letters whose record has left its topic. */
  onExpired: (redrive: OpenRedrive, ids: string[]) => void;
}

/**
 * Finishes every open redrive, also one of a console that crashed:
 *
 *   claimed (stored) ──► read ──► produced (acknowledged) ──► marked as redriven ──► finished
 *        ✗ crash here: still claimed; the next run produces it
 *                                        ✗ crash here: produced a second time, which is harmless:
 *                                          the idempotent consumer deduplicates the event
 */
export async function finishRedrives(options: RedriveOptions, signal: AbortSignal): Promise<void> {
  const errors: unknown[] = [];
  for (const redrive of await options.open.all()) {
    if (signal.aborted) return;
    // A failed redrive must not delay the others.
    await options.open
      .exclusively(redrive, () => finish(redrive, options, signal))
      .catch((error: unknown) => errors.push(error));
  }
  if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join('; '));
}

async function finish(redrive: OpenRedrive, options: RedriveOptions, signal: AbortSignal) {
  const { open } = options;
  for (;;) {
    const claims = await open.claims(redrive, READ_RECORDS_MAX);
    if (claims.length === 0) return await open.finish(redrive);
    const records = await read(redrive, claims, options);
    const expired = claims.filter(({ id }) => !records.has(id)).map(({ id }) => id);
    if (expired.length > 0) {
      await open.giveBack(redrive, expired);
      options.onExpired(redrive, expired);
    }
    const recordsMax = Math.min(SEND_RECORDS_MAX, redrive.ratePerS);
    for (const batch of batches(claims, records, recordsMax)) {
      if (signal.aborted) return;
      await send(redrive, batch, options);
      await options.wait((batch.length * 1_000) / redrive.ratePerS, signal);
    }
  }
}

/** The claimed records by id. Ignores other records between the first and the last one. */
async function read(
  { consumer }: OpenRedrive,
  claims: RedriveClaim[],
  { connection }: RedriveOptions,
): Promise<Map<string, KafkaRecord>> {
  const only = new Map<number, OffsetRange>();
  for (const { dlqPartition, dlqOffset } of claims) {
    const from = only.get(dlqPartition)?.from ?? BigInt(dlqOffset);
    only.set(dlqPartition, { from, end: BigInt(dlqOffset) + 1n });
  }
  const wanted = new Set(claims.map(({ id }) => id));
  const records = new Map<string, KafkaRecord>();
  for await (const record of readTopic({ ...connection, topic: deadLetterTopic(consumer), only })) {
    const id = `${record.partition}-${record.offset}`;
    if (wanted.has(id)) records.set(id, record);
  }
  return records;
}

interface Letter {
  id: string;
  message: ReturnType<typeof redriven>;
}

function* batches(
  claims: RedriveClaim[],
  records: ReadonlyMap<string, KafkaRecord>,
  recordsMax: number,
): Generator<Letter[]> {
  let batch: Letter[] = [];
  let bytes = 0;
  for (const claim of claims) {
    const record = records.get(claim.id);
    if (!record) continue;
    const size = record.value?.length ?? 0;
    if (batch.length === recordsMax || (batch.length > 0 && bytes + size > SEND_BYTES_MAX)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push({ id: claim.id, message: redriven(record, claim) });
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

async function send(
  redrive: OpenRedrive,
  letters: Letter[],
  { open, producer, reach }: RedriveOptions,
): Promise<void> {
  const messages = letters.map(({ message }) => message);
  await producer.sendAll(redriveTopic(redrive.consumer), messages);
  reach('after_produce_before_mark');
  // Mark after the acknowledgement. If marked before, a crash between the two would lose the
  // redrive.
  const ids = letters.map(({ id }) => id);
  await open.markRedriven(redrive, ids);
}

export async function waitOrStop(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
