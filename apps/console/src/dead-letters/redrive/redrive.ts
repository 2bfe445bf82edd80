import { setTimeout as sleep } from 'node:timers/promises';
import { deadLetterTopic, redriveTopic } from '@effectively-once/contracts';
import {
  BatchTooLarge,
  readTopic,
  type KafkaRecord,
  type OffsetRange,
  type RecordProducer,
} from '@effectively-once/kafka';
import { contentSha256 } from '../ingest/parsed-dead-letter.js';
import { readRecord } from '../letter-record.js';
import type { GivenBack, RedriveClaim, OpenRedrive, OpenRedrives } from './open-redrives.js';
import { isOriginalOf, redriven, redrivenOriginal } from './redriven.js';

/** The records in memory: their number, and their bytes (but the last one). */
const READ_RECORDS_MAX = 250;
const READ_BYTES_MAX = 32_000_000;
/** Produced and marked together: so many duplicates a crash between the two steps makes. */
const SEND_RECORDS_MAX = 100;
// Far below what the redrive topic takes. A larger record gets its own batch.
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
  /** Called with dead letters that cannot be redriven. */
  onGivenBack: (redrive: OpenRedrive, letters: GivenBack[]) => void;
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
    const { records, gone } = await read(redrive, claims, options);
    await giveBack(redrive, whyAll(gone, 'record_gone'), options);
    const recordsMax = Math.min(SEND_RECORDS_MAX, redrive.ratePerS);
    for await (const batch of batches(redrive, { claims, records, recordsMax }, options)) {
      if (signal.aborted) return;
      await send(redrive, batch, options);
      await options.wait((batch.length * 1_000) / redrive.ratePerS, signal);
    }
  }
}

/**
 * The claimed records by id, up to a limit of bytes: the next pass reads the rest. `gone` are the
 * claims whose record has left the topic. Ignores other records between the first and the last one,
 * and another record at the position of a claim: its topic was made anew.
 */
async function read(
  { consumer }: OpenRedrive,
  claims: RedriveClaim[],
  { connection }: RedriveOptions,
): Promise<{ records: Map<string, KafkaRecord>; gone: string[] }> {
  const only = new Map<number, OffsetRange>();
  const wanted = new Map<string, RedriveClaim[]>();
  for (const claim of claims) {
    const { dlqPartition, dlqOffset } = claim;
    const from = only.get(dlqPartition)?.from ?? BigInt(dlqOffset);
    only.set(dlqPartition, { from, end: BigInt(dlqOffset) + 1n });
    const place = `${dlqPartition}-${dlqOffset}`;
    wanted.set(place, [...(wanted.get(place) ?? []), claim]);
  }
  const records = new Map<string, KafkaRecord>();
  const lastRead = new Map<number, bigint>();
  let bytes = 0;
  for await (const record of readTopic({ ...connection, topic: deadLetterTopic(consumer), only })) {
    lastRead.set(record.partition, record.offset);
    const content = contentSha256(record);
    const claim = wanted
      .get(`${record.partition}-${record.offset}`)
      ?.find((one) => one.contentSha256 === content);
    if (!claim) continue;
    records.set(claim.id, record);
    bytes += sizeOf(record);
    if (bytes >= READ_BYTES_MAX) break;
  }
  const isRead = ({ dlqPartition, dlqOffset }: RedriveClaim) =>
    bytes < READ_BYTES_MAX || (lastRead.get(dlqPartition) ?? -1n) >= BigInt(dlqOffset);
  const gone = claims.filter((claim) => isRead(claim) && !records.has(claim.id));
  return { records, gone: gone.map(({ id }) => id) };
}

interface Letter {
  id: string;
  message: ReturnType<typeof redriven>;
}

/** A cut dead letter becomes its original record again, or is given back. */
async function* batches(
  redrive: OpenRedrive,
  read: {
    claims: RedriveClaim[];
    records: ReadonlyMap<string, KafkaRecord>;
    recordsMax: number;
  },
  options: RedriveOptions,
): AsyncGenerator<Letter[]> {
  let batch: Letter[] = [];
  let bytes = 0;
  for (const claim of read.claims) {
    const record = read.records.get(claim.id);
    if (!record) continue;
    const message =
      claim.valueCut === null
        ? redriven(record, claim)
        : await fromOriginal(record, claim, options.connection);
    if (!message) {
      await giveBack(redrive, whyAll([claim.id], 'original_gone'), options);
      continue;
    }
    const size = sizeOf(message);
    const isFull = batch.length === read.recordsMax || bytes + size > SEND_BYTES_MAX;
    if (batch.length > 0 && isFull) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push({ id: claim.id, message });
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

async function fromOriginal(
  letter: KafkaRecord,
  claim: RedriveClaim,
  connection: RedriveOptions['connection'],
): Promise<Letter['message'] | undefined> {
  const original = await readRecord(connection, {
    topic: claim.originalTopic,
    partition: claim.originalPartition,
    offset: claim.originalOffset,
  });
  return original && isOriginalOf(letter, original) ? redrivenOriginal(original, claim) : undefined;
}

async function send(
  redrive: OpenRedrive,
  letters: Letter[],
  options: RedriveOptions,
): Promise<void> {
  const { open, producer, reach } = options;
  const messages = letters.map(({ message }) => message);
  try {
    await producer.sendAll(redriveTopic(redrive.consumer), messages);
  } catch (error) {
    if (!(error instanceof BatchTooLarge)) throw error;
    // A retry of the same batch would never end, and would hold up the rest of the redrive.
    if (letters.length > 1) {
      for (const letter of letters) await send(redrive, [letter], options);
      return;
    }
    const ids = letters.map(({ id }) => id);
    return await giveBack(redrive, whyAll(ids, 'too_large'), options);
  }
  reach('after_produce_before_mark');
  // Mark after the acknowledgement. If marked before, a crash between the two would lose the
  // redrive.
  const ids = letters.map(({ id }) => id);
  await open.markRedriven(redrive, ids);
}

async function giveBack(
  redrive: OpenRedrive,
  letters: GivenBack[],
  { open, onGivenBack }: RedriveOptions,
): Promise<void> {
  if (letters.length === 0) return;
  await open.giveBack(redrive, letters);
  onGivenBack(redrive, letters);
}

const whyAll = (ids: string[], why: GivenBack['why']): GivenBack[] =>
  ids.map((id) => ({ id, why }));

interface Sized extends Pick<KafkaRecord, 'key' | 'value'> {
  headers: Record<string, Buffer | Buffer[] | string>;
}

function sizeOf({ key, value, headers }: Sized): number {
  const ofHeaders = Object.entries(headers).flatMap(([name, values]) => [name, ...[values].flat()]);
  return [key ?? '', value ?? '', ...ofHeaders].reduce(
    (sum, one) => sum + Buffer.byteLength(one),
    0,
  );
}

export async function waitOrStop(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
