import { decodePaymentCompleted, PoisonRecord } from '@effectively-once/contracts';
import { headerTexts, type KafkaRecord } from '@effectively-once/kafka';
import type { ReadKnownEffects } from '../known-effects.js';
import type { Rewind } from './plan-rewind.js';

// One look-up in the store each.
const LOOK_UP_MAX = 500;
const NAMED_MAX = 20;

/** What a replay delivers once more in one partition. */
export interface PartitionSummary extends Rewind {
  records: number;
  /** Of these, how many have their effect and are absorbed. */
  absorbed: number;
  /** Poison pills: they are dead-lettered once more, as a copy of the same dead letter. */
  undecodable: number;
  /** The timestamp of the oldest record, in ms since 1970. */
  oldestMs: number | undefined;
}

export interface ReplaySummary {
  partitions: PartitionSummary[];
  /** Payments whose effect would happen a second time. The first twenty are named. */
  wouldRepeat: { count: number; ids: string[] };
}

/**
 * Reads every record that a replay delivers once more, and asks the consumer's store which of their
 * payments have their effect. It holds 500 records at a time.
 * @throws EffectsUnknown, or the reason of the signal
 */
export async function summarizeRecords(
  rewinds: readonly Rewind[],
  options: {
    records: AsyncIterable<KafkaRecord>;
    readKnownEffects: ReadKnownEffects;
    onProgress: (records: number) => void;
    signal: AbortSignal;
  },
): Promise<ReplaySummary> {
  const partitions = new Map<number, PartitionSummary>();
  for (const rewind of rewinds) {
    const none = { records: 0, absorbed: 0, undecodable: 0, oldestMs: undefined };
    partitions.set(rewind.partition, { ...rewind, ...none });
  }
  const wouldRepeat: ReplaySummary['wouldRepeat'] = { count: 0, ids: [] };
  let page: { paymentId: string; of: PartitionSummary }[] = [];
  let read = 0;
  const lookUp = async () => {
    const known = await options.readKnownEffects(page.map(({ paymentId }) => paymentId));
    for (const { paymentId, of } of page) {
      if (known.absorbed.has(paymentId)) of.absorbed++;
      if (!known.wouldRepeat.has(paymentId)) continue;
      wouldRepeat.count++;
      if (wouldRepeat.ids.length < NAMED_MAX) wouldRepeat.ids.push(paymentId);
    }
    page = [];
    options.onProgress(read);
  };
  for await (const record of options.records) {
    options.signal.throwIfAborted();
    const of = partitions.get(record.partition);
    if (!of) continue;
    read++;
    of.records++;
    of.oldestMs = Math.min(of.oldestMs ?? Infinity, record.timestampMs);
    const paymentId = paymentOf(record);
    if (paymentId === undefined) of.undecodable++;
    else page.push({ paymentId, of });
    if (page.length === LOOK_UP_MAX) await lookUp();
  }
  if (page.length > 0) await lookUp();
  return { partitions: [...partitions.values()], wouldRepeat };
}

/** Undefined for a poison pill. */
function paymentOf(record: KafkaRecord): string | undefined {
  const { key, value } = record;
  try {
    return decodePaymentCompleted({ key, value, headers: headerTexts(record) }).data.paymentId;
  } catch (error) {
    if (error instanceof PoisonRecord) return undefined;
    throw error;
  }
}
