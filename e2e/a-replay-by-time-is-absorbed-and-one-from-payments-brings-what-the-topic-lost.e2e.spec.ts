import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  CE_HEADERS,
  CONSUMERS,
  PAYMENT_COMPLETED,
  type ConsumerName,
} from '@effectively-once/contracts';
import {
  committedOffsets,
  endOffsets,
  headerTexts,
  readGroupState,
  readTopic,
  setOffsets,
} from '@effectively-once/kafka';
import { waitUntil } from '@effectively-once/testing';
import { jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { askSupervisor } from '@effectively-once/scenarios/supervisor/control-client';
import { consumerUrl, metric, untilDrained } from './fault-injection.js';
import { npmEnvironment, npmRun } from './npm-run.js';
import { outboxEvents, rebuiltEvents } from './rebuilt-events.js';
import { at, findings, journal, newId, pay } from './system-under-test.js';

// Each replay stops and starts a consumer, and ends with an audit of every store.
jest.setTimeout(240_000);

const PAYMENTS = 50;
const USERS = 10;
const kafka = { brokers: at.KAFKA_BROKERS, clientId: 'e2e' };
const socket = String(at['CONTROL_SOCKET']);
const redis = new Redis(at.REDIS_URL);
afterAll(() => redis.quit());

const replay = (consumer: ConsumerName, ...options: string[]) =>
  npmRun('replay', ['--consumer', consumer, ...options]);

const startedAt = (consumer: ConsumerName) =>
  metric(consumerUrl(consumer), 'process_start_time_seconds');
const othersThan = (consumer: ConsumerName) => CONSUMERS.filter((one) => one !== consumer);

async function committed(consumer: ConsumerName) {
  const topics = [PAYMENT_COMPLETED];
  return (await committedOffsets({ ...kafka, groupId: consumer, topics })).get(PAYMENT_COMPLETED);
}

async function payTimes(count: number): Promise<string[]> {
  const users = Array.from({ length: USERS }, () => newId('user'));
  const paid = Array.from({ length: count }, (_, index) => pay(users[index % USERS] ?? ''));
  return await Promise.all(paid);
}

describe('by time', () => {
  let since: string;
  let paymentIds: string[];
  beforeAll(async () => {
    since = new Date().toISOString();
    paymentIds = await payTimes(PAYMENTS);
    await untilDrained();
  });

  it.each(CONSUMERS)('a dry run for %s counts fifty and changes nothing', async (consumer) => {
    const before = { offsets: await committed(consumer), startedAt: await startedAt(consumer) };
    const { code, out } = await replay(consumer, '--from', since, '--dry-run');
    expect(out).toContain(`${PAYMENTS} records to ${consumer} once more`);
    expect(out).toContain(`${PAYMENTS} have their effect and will be absorbed, 0 have none`);
    expect(code).toBe(0);
    const after = { offsets: await committed(consumer), startedAt: await startedAt(consumer) };
    expect(after).toEqual(before);
  });

  it.each(CONSUMERS)(
    'fifty payments are redelivered to %s alone: all are absorbed, and nothing is doubled',
    async (consumer) => {
      const others = () => Promise.all(othersThan(consumer).map(startedAt));
      const before = await others();
      const { code, out, err } = await replay(consumer, '--from', since);
      expect(err).toContain(`${PAYMENTS} of ${PAYMENTS} records completed`);
      expect(out).toMatch(/0 lost · 0 doubled · 0 late · 0 other/);
      expect(code).toBe(0);
      // It is a new process, so its counters began at zero: they have counted this replay.
      const duplicates = { consumer, outcome: 'duplicate' };
      await waitUntil(`${consumer} to have absorbed ${PAYMENTS}`, async () => {
        const absorbed = await metric(consumerUrl(consumer), 'delivery_records_total', duplicates);
        return absorbed >= PAYMENTS;
      });
      expect(await others()).toEqual(before);
      await expect(findings()).resolves.toEqual([]);
    },
  );

  it('email refuses where a marker is gone and the mail went out; from payments leaves it out', async () => {
    const keys = paymentIds.slice(0, 3).map((id) => `email:receipt:${id}`);
    const markers = await redis.mget(keys);
    await redis.del(keys);
    try {
      const refused = await replay('email', '--from', since);
      expect(refused.err).toContain('email would mail 3 receipts a second time');
      expect(refused.code).toBe(1);
      const leftOut = await replay('email', '--from-payments', '--from', since);
      expect(leftOut.out).toContain(`${PAYMENTS - 3} payments to the redrive topic of email`);
      expect(leftOut.out).toContain('3 payments left out: the mail provider has accepted');
      expect(leftOut.code).toBe(0);
    } finally {
      for (const [index, key] of keys.entries()) {
        await redis.set(key, markers[index] ?? '', 'EX', 7 * 24 * 3_600);
      }
    }
    for (const paymentId of paymentIds.slice(0, 3)) {
      expect(await journal('mails', { paymentId })).toHaveLength(1);
    }
  });

  it('email refuses while the mail provider cannot say whether a receipt was mailed', async () => {
    const key = `email:receipt:${paymentIds[0]}`;
    const marker = await redis.get(key);
    await redis.del(key);
    try {
      const arguments_ = ['--consumer', 'email', '--from-payments', '--from', since];
      const unreachable = { THIRD_PARTIES_URL: 'http://127.0.0.1:1' };
      const { code, err } = await npmRun('replay', arguments_, unreachable);
      expect(err).toContain('whether these receipts were mailed is not known');
      expect(code).toBe(1);
    } finally {
      await redis.set(key, marker ?? '', 'EX', 7 * 24 * 3_600);
    }
  });
});

describe('from payments', () => {
  const LOST = 10;

  it.each(CONSUMERS)(
    '%s was away for longer than the topic keeps: its payments come from their own rows, once',
    async (consumer) => {
      const since = new Date().toISOString();
      const paymentIds = await whileAway(consumer, () => payTimes(LOST));
      const invariant = { loyalty: 'I6', email: 'I7', search: 'I8' }[consumer];
      const lost = await findings();
      expect(lost).toEqual([expect.objectContaining({ id: invariant })]);

      const dry = await replay(consumer, '--from-payments', '--from', since, '--dry-run');
      expect(dry.out).toContain('0 have their effect and will be absorbed, 10 have none');
      await expect(findings()).resolves.toEqual(lost);

      const first = await replay(consumer, '--from-payments', '--from', since);
      expect(first.out).toMatch(/0 lost · 0 doubled/);
      expect(first.code).toBe(0);
      const again = await replay(consumer, '--from-payments', '--from', since);
      expect(again.out).toContain('10 have their effect and will be absorbed, 0 have none');
      expect(again.code).toBe(0);
      expect(await rebuiltEvents(consumer, paymentIds)).toEqual(await outboxEvents(paymentIds));
      await expect(findings()).resolves.toEqual([]);
    },
  );

  /**
   * While the consumer is stopped, its group's offsets go behind what `during` pays. So it never
   * gets these records, as if the topic had deleted them.
   */
  async function whileAway(
    consumer: ConsumerName,
    during: () => Promise<string[]>,
  ): Promise<string[]> {
    await askSupervisor(socket, { command: 'stop', name: consumer, startAgainAfterMs: 120_000 });
    try {
      const paymentIds = await during();
      await untilPublished(paymentIds);
      const topics = [PAYMENT_COMPLETED];
      await waitUntil(`the group of ${consumer} to be empty`, async () => {
        const { members } = await readGroupState({ ...kafka, groupId: consumer, topics });
        return members.length === 0;
      });
      const offsets = (await endOffsets({ ...kafka, topics })).get(PAYMENT_COMPLETED) ?? new Map();
      await setOffsets({ ...kafka, groupId: consumer, topic: PAYMENT_COMPLETED, offsets });
      return paymentIds;
    } finally {
      await askSupervisor(socket, { command: 'start', name: consumer });
    }
  }

  async function untilPublished(paymentIds: string[]): Promise<void> {
    await waitUntil('the events of the payments', async () => {
      const missing = new Set(paymentIds);
      for await (const record of readTopic({ ...kafka, topic: PAYMENT_COMPLETED })) {
        missing.delete(headerTexts(record)[CE_HEADERS.subject] ?? '');
      }
      return missing.size === 0;
    });
  }
});

describe('a command that ends early', () => {
  it('by Ctrl-C while the consumer is stopped: it is started again before the command ends', async () => {
    const before = await startedAt('loyalty');
    const since = new Date(Date.now() - 600_000).toISOString();
    const command = spawn(
      process.execPath,
      ['tools/run.mjs', 'replay', '--consumer', 'loyalty', '--from', since],
      { env: npmEnvironment(), stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let said = '';
    command.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (!said.includes('stopping') && text.includes('stopping')) command.kill('SIGINT');
      said += text;
    });
    const [code] = (await once(command, 'close')) as [number];
    expect(said).toContain('interrupted; loyalty runs');
    expect(code).toBe(130);
    expect(await startedAt('loyalty')).toBeGreaterThan(before);
    await untilDrained();
  });

  it('without starting the consumer: the supervisor starts it at the deadline of the stop', async () => {
    const before = await startedAt('search');
    await askSupervisor(socket, { command: 'stop', name: 'search', startAgainAfterMs: 2_000 });
    await expect(startedAt('search')).rejects.toThrow();
    await waitUntil('search to run again', async () => (await startedAt('search')) > before);
    await expect(findings()).resolves.toEqual([]);
  });
});
