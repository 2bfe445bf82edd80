import { setTimeout as sleep } from 'node:timers/promises';
import { committedOffsets, endOffsets } from '@effectively-once/kafka';
import type { EffectCounts, EvidenceReader } from '../audit/read-evidence.js';
import type { ContestantDefinition } from '../contestants.js';

const POLL_MS = 250;
/**
 * Without any progress for so long, what is missing is lost. Longer than a consumer group needs
 * until it gives the partitions of a killed member to another one (30 s by default), and longer
 * than Connect needs for its restart.
 */
const QUIET_MAX_MS = 75_000;
const DRAINED_WITHIN_MS = 900_000;

/**
 * Waits until every completed payment has every effect, and every group has committed every record.
 * Before that a record that was not committed could still be redelivered, and double an effect.
 * @returns 'stuck' if nothing moved for 75 s, and an effect is still missing.
 */
export async function untilDrained(
  reader: Pick<EvidenceReader, 'counts'>,
  { brokers, definition, signal }: DrainOptions,
): Promise<'drained' | 'stuck'> {
  let last = '';
  let movedAtMs = performance.now();
  const giveUpAtMs = movedAtMs + DRAINED_WITHIN_MS;
  for (;;) {
    signal.throwIfAborted();
    const counts = await reader.counts();
    const lag = hasAllEffects(counts) ? await lagOf(brokers, definition) : NaN;
    if (lag === 0) return 'drained';
    const state = JSON.stringify({ counts, lag });
    if (state !== last) movedAtMs = performance.now();
    last = state;
    const nowMs = performance.now();
    if (nowMs - movedAtMs > QUIET_MAX_MS || nowMs > giveUpAtMs) return 'stuck';
    await sleep(POLL_MS, undefined, { signal });
  }
}

interface DrainOptions {
  brokers: string[];
  definition: Pick<ContestantDefinition, 'topic' | 'groups'>;
  signal: AbortSignal;
}

export const hasAllEffects = ({ payments, mails, points, documents }: EffectCounts): boolean =>
  Math.min(mails, points, documents) >= payments;

/** The records that a group has not committed, of all groups. */
async function lagOf(
  brokers: string[],
  { topic, groups }: DrainOptions['definition'],
): Promise<number> {
  const connection = { brokers, clientId: 'bench-pipeline', topics: [topic] };
  const ends = [...((await endOffsets(connection)).get(topic) ?? [])];
  const lags = groups.map(async (groupId) => {
    const committed = (await committedOffsets({ ...connection, groupId })).get(topic);
    return ends.reduce((sum, [partition, end]) => {
      const offset = committed?.get(partition) ?? -1n;
      // A partition that never had a record of this turn has no commit.
      return sum + (offset < 0n ? 0 : Number(end - offset));
    }, 0);
  });
  return (await Promise.all(lags)).reduce((sum, lag) => sum + lag, 0);
}
