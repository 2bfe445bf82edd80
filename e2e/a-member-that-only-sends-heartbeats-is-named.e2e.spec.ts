import { jest } from '@jest/globals';
import {
  CONSUMERS,
  PAYMENT_COMPLETED,
  redriveTopic,
  type ConsumerName,
} from '@effectively-once/contracts';
import { waitUntil } from '@effectively-once/testing';
import { Kafka, logLevel, type Consumer } from 'kafkajs';
import { consoleMetric, untilHealthy } from './connector.js';
import { untilDrained } from './fault-injection.js';
import { operatorGet } from './operator.js';
import { at, checkout, findings, newId } from './system-under-test.js';

// A partition is stalled after a minute without a commit.
jest.setTimeout(300_000);

const IDLE = 'a-member-that-does-nothing';
/** Enough that the idle members get some of them: they own half of the partitions. */
const PAYMENTS = 24;

interface Group {
  lag: number;
  oldestSeconds: number;
  members: { name: string; partitions: number; stalled: string[] }[];
  advice?: string;
}

beforeAll(async () => {
  await untilHealthy();
  await untilDrained();
});

it('a member in each group that only sends heartbeats: the lag grows, and the member is named', async () => {
  const idle = await Promise.all(CONSUMERS.map(joinAndDoNothing));
  try {
    await Promise.all(Array.from({ length: PAYMENTS }, () => checkout({ userId: newId('user') })));
    for (const consumer of CONSUMERS) {
      await waitUntil(
        `a stalled member of ${consumer}`,
        async () => (await consoleMetric('consumer_group_standing_partitions', { consumer })) > 0,
        120_000,
      );
      expect(await consoleMetric('consumer_group_lag_records', { consumer })).toBeGreaterThan(0);
      expect(await consoleMetric('consumer_group_oldest_seconds', { consumer })).toBeGreaterThan(
        60,
      );
    }
    const { groups } = await operatorGet<{ groups: Record<ConsumerName, Group> }>('/api/pipeline');
    for (const consumer of CONSUMERS) {
      const { members, advice } = groups[consumer];
      const stalled = members.filter((member) => member.stalled.length > 0);
      expect(stalled.map(({ name }) => name)).toEqual([expect.stringContaining(IDLE)]);
      expect(advice).toContain('end that process');
    }
  } finally {
    await Promise.all(idle.map((member) => member.disconnect()));
  }
  // The advice helps: the other member gets its partitions, and goes on.
  await untilDrained();
  for (const consumer of CONSUMERS) {
    await waitUntil(
      `${consumer} to have no lag`,
      async () =>
        (await consoleMetric('consumer_group_lag_records', { consumer })) === 0 &&
        (await consoleMetric('consumer_group_oldest_seconds', { consumer })) === 0 &&
        (await consoleMetric('consumer_group_standing_partitions', { consumer })) === 0,
    );
  }
  await expect(findings()).resolves.toEqual([]);
});

/** Joins the group, is assigned partitions, and fetches nothing of them. */
async function joinAndDoNothing(consumer: ConsumerName): Promise<Consumer> {
  const topics = [PAYMENT_COMPLETED, redriveTopic(consumer)];
  const kafka = new Kafka({
    brokers: at.KAFKA_BROKERS,
    clientId: IDLE,
    logLevel: logLevel.NOTHING,
  });
  const member = kafka.consumer({ groupId: consumer, sessionTimeout: 10_000 });
  const joined = new Promise<void>((resolve) => {
    member.on(member.events.GROUP_JOIN, ({ payload }) => {
      member.pause(topics.map((topic) => ({ topic })));
      if ((payload.memberAssignment[PAYMENT_COMPLETED]?.length ?? 0) > 0) resolve();
    });
  });
  await member.connect();
  await member.subscribe({ topics, fromBeginning: true });
  await member.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => {} });
  await joined;
  return member;
}
