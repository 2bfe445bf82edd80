import { partitionOf } from '@effectively-once/kafka';
import type { LabRecord } from '../process/records/lab-record.js';

export const POISON_USERS = 50;
const PARTITIONS = 6;
/** A record that succeeds in its third attempt. */
const FLAKY_FAILURES = 2;

/** What a way of consuming gets to see: a steady stream with two bad records. */
export interface PoisonPlan {
  records: Omit<LabRecord, 'at'>[];
  /** It always fails. */
  poison: { n: number; user: string; partition: number };
  /** It fails twice, then succeeds. Its user is in another partition. */
  flaky: { n: number; user: string };
}

/**
 * @param from the first record that may be bad. The users take turns.
 * @throws Error if the records are too few for two bad ones.
 */
export function poisonPlan(
  random: () => number,
  { count, from }: { count: number; from: number },
): PoisonPlan {
  const records: PoisonPlan['records'] = Array.from({ length: count }, (_, n) => ({
    user: `user-${n % POISON_USERS}`,
    n,
  }));
  const poison = records[from + Math.floor(random() * POISON_USERS)];
  const partition = poison ? partitionOf(poison.user, PARTITIONS) : NaN;
  const flaky = records
    .slice((poison?.n ?? count) + 1)
    .find(({ user }) => partitionOf(user, PARTITIONS) !== partition);
  if (!poison || !flaky) throw new Error(`${count} records are too few`);
  poison.failures = -1;
  flaky.failures = FLAKY_FAILURES;
  return {
    records,
    poison: { n: poison.n, user: poison.user, partition },
    flaky: { n: flaky.n, user: flaky.user },
  };
}

/** The records behind the poison in its partition. */
export const behindPoison = ({ records, poison }: PoisonPlan): number[] =>
  records
    .filter(({ n, user }) => n > poison.n && partitionOf(user, PARTITIONS) === poison.partition)
    .map(({ n }) => n);

/** The records that must have an effect while the poison is still retried. */
export const ofOtherUsers = ({ records, poison }: PoisonPlan): Set<number> =>
  new Set(records.filter(({ user }) => user !== poison.user).map(({ n }) => n));
