import { readTopic, type Isolation } from '@effectively-once/kafka';
import type { Pool } from 'pg';
import { readCounts, userMinuteOf, type MinuteCounts } from './counts.js';
import type { WayOfCounting } from './plan.js';

/** What a way of counting left behind, judged by the records and rows, not by its processes. */
export interface CountingOutcome {
  way: WayOfCounting;
  payments: number;
  /** Users' minutes, and how many of them have a wrong count. */
  minutes: number;
  wrong: number;
  /** Payments that the counts have too many, and that they lack. */
  surplus: number;
  missing: number;
  /** Output records of aborted transactions: only readers of read_uncommitted see them. */
  hidden: number;
  /** Payments with several rows in the table outside, and without one. */
  outsideDoubled: number;
  outsideLost: number;
  /** Processes that woke up after their successor was ready, and what the broker told them. */
  zombies: number;
  fenced: number;
  refused: number;
  ends: number;
  standstillMaxMs: number;
}

interface Counted {
  way: WayOfCounting;
  input: string;
  output: string;
  standstillsMs: readonly number[];
  zombies: readonly string[];
}

export async function judgeCounting(
  { way, input, output, standstillsMs, zombies }: Counted,
  { brokers, outside }: { brokers: string[]; outside: Pool },
): Promise<CountingOutcome> {
  const connection = { brokers, clientId: 'lab' };
  const expected: MinuteCounts = new Map();
  let payments = 0;
  for await (const record of readTopic({ ...connection, topic: input })) {
    payments += 1;
    const key = userMinuteOf(record);
    if (key) expected.set(key, (expected.get(key) ?? 0) + 1);
  }
  const partitions = Array.from({ length: 64 }, (_, n) => n);
  const byPartition = await readCounts({ ...connection, topic: output, partitions });
  const counted = new Map([...byPartition.values()].flatMap((counts) => [...counts]));
  const [committed, all] = [
    await recordsIn(output, 'read_committed'),
    await recordsIn(output, 'read_uncommitted'),
  ];
  return {
    way,
    payments,
    ...compareCounts(expected, counted),
    hidden: all - committed,
    ...(await outsideEffects(outside, way, payments)),
    zombies: zombies.length,
    fenced: zombies.filter((one) => one === 'fenced').length,
    refused: zombies.filter((one) => one === 'refused').length,
    ends: standstillsMs.length,
    standstillMaxMs: Math.max(...standstillsMs),
  };

  async function recordsIn(topic: string, isolation: Isolation): Promise<number> {
    let count = 0;
    for await (const _ of readTopic({ ...connection, topic, isolation })) count += 1;
    return count;
  }
}

export function compareCounts(
  expected: MinuteCounts,
  counted: MinuteCounts,
): Pick<CountingOutcome, 'minutes' | 'wrong' | 'surplus' | 'missing'> {
  const keys = new Set([...expected.keys(), ...counted.keys()]);
  const differences = [...keys].map((key) => (counted.get(key) ?? 0) - (expected.get(key) ?? 0));
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  return {
    minutes: keys.size,
    wrong: differences.filter((difference) => difference !== 0).length,
    surplus: sum(differences.filter((difference) => difference > 0)),
    missing: sum(differences.map((difference) => Math.max(0, -difference))),
  };
}

async function outsideEffects(
  outside: Pool,
  way: WayOfCounting,
  payments: number,
): Promise<Pick<CountingOutcome, 'outsideDoubled' | 'outsideLost'>> {
  const { rows } = await outside.query<{ done: number; doubled: number }>(
    `SELECT count(*)::int AS done, count(*) FILTER (WHERE rows > 1)::int AS doubled
     FROM (SELECT count(*) AS rows FROM lab_transactions.outside WHERE way = $1 GROUP BY payment) AS each`,
    [way],
  );
  const { done = NaN, doubled = NaN } = rows[0] ?? {};
  return { outsideDoubled: doubled, outsideLost: payments - done };
}
