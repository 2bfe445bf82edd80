import { setTimeout as sleep } from 'node:timers/promises';
import { deadLetterTopic, redriveTopic } from '@effectively-once/contracts';
import {
  readTopic,
  type KafkaRecord,
  type OffsetRange,
  type RecordProducer,
} from '@effectively-once/kafka';
import type { Claim, OpenRedrive, OpenRedrives } from './open-redrives.js';
import { redriven } from './redriven.js';

/** Held in memory at once. */
const READ_RECORDS_MAX = 250;
/** Sent and marked together: what comes twice when the console dies in between. */
const SEND_RECORDS_MAX = 100;
// The broker refuses a batch of more than a megabyte; a larger record is sent by itself.
const SEND_BYTES_MAX = 500_000;

/** Where a console can be made to die, to show what then happens. */
export const REDRIVE_POINTS = ['after_action_recorded', 'after_produce_before_mark'] as const;
export type RedrivePoint = (typeof REDRIVE_POINTS)[number];

export interface RedriveOptions {
  connection: { brokers: string[]; clientId: string };
  open: OpenRedrives;
  producer: Pick<RecordProducer, 'sendAll'>;
  /** The rate cap. Ends early when it is called off, after which nothing more is sent. */
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
  reach: (point: RedrivePoint) => void;
  /** Told of dead letters whose record has left its topic. */
  onGone: (redrive: OpenRedrive, ids: string[]) => void;
}

/**
 * Finishes every redrive that was asked for, also one that another process died in:
 *
 *   asked, claimed (written down) ──► read ──► produced (awaited) ──► marked redriven ──► finished
 *              ✗ died here: still claimed, and redriven by whoever comes next
 *                                                          ✗ died here: produced once more, harmless:
 *                                                            the consumer's strategy knows the event
 */
export async function finishRedrives(options: RedriveOptions, signal: AbortSignal): Promise<void> {
  const errors: unknown[] = [];
  for (const redrive of await options.open.all()) {
    if (signal.aborted) return;
    // One that cannot go on must not hold up those behind it.
    await options.open
      .alone(redrive, () => finish(redrive, options, signal))
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
    const gone = claims.filter(({ id }) => !records.has(id)).map(({ id }) => id);
    if (gone.length > 0) {
      await open.giveBack(redrive, gone);
      options.onGone(redrive, gone);
    }
    const recordsMax = Math.min(SEND_RECORDS_MAX, redrive.ratePerS);
    for (const batch of batches(claims, records, recordsMax)) {
      if (signal.aborted) return;
      await send(redrive, batch, options);
      await options.wait((batch.length * 1_000) / redrive.ratePerS, signal);
    }
  }
}

/** By id. Of what lies between the first and the last of a partition, the others are passed over. */
async function read(
  { consumer }: OpenRedrive,
  claims: Claim[],
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
  claims: Claim[],
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
  // Marked only now: marked before, a crash in between would call redriven what never went out.
  const ids = letters.map(({ id }) => id);
  await open.markRedriven(redrive, ids);
}

export async function waitOrStop(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
