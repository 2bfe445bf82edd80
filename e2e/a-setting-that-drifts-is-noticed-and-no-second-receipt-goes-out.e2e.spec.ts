import { jest } from '@jest/globals';
import { redriveTopic } from '@effectively-once/contracts';
import { waitUntil } from '@effectively-once/testing';
import { Redis } from 'ioredis';
import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import { consoleMetric, untilHealthy } from './connector.js';
import { sql } from './damage.js';
import { consumerUrl, metric } from './fault-injection.js';
import { operatorGet } from './operator.js';
import { at, checkout, findings, journal, newId } from './system-under-test.js';

// Each setting is checked at least once a minute, after its drift and after its repair.
jest.setTimeout(240_000);

const emailMetric = (what: string) =>
  metric(consumerUrl('email'), 'config_drift', { what }).catch(() => NaN);
const emailReadiness = async () => (await fetch(`${consumerUrl('email')}/health/ready`)).status;
const mailsOf = (paymentId: string) => journal('mails', { paymentId });

beforeAll(untilHealthy);
afterAll(async () => {
  await expect(findings()).resolves.toEqual([]);
});

it('Redis set to evict: email is not ready and claims nothing until the setting is back', async () => {
  const redis = new Redis(at.REDIS_URL);
  let paymentId = '';
  try {
    await redis.config('SET', 'maxmemory-policy', 'volatile-lru');
    const { json } = await checkout({ userId: newId('user') });
    paymentId = String(json['id']);
    await waitUntil('email to notice it', async () => {
      return (
        (await emailMetric('redis_maxmemory_policy')) === 1 && (await emailReadiness()) === 503
      );
    });
    await expect(mailsOf(paymentId)).resolves.toEqual([]);
    // Waiting is not an attempt: otherwise the record would be dead-lettered after five.
    expect(
      await metric(consumerUrl('email'), 'circuit_state', { dependency: 'redis' }),
    ).toBeGreaterThan(0);
  } finally {
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
    redis.disconnect();
  }
  await waitUntil('the receipt', async () => (await mailsOf(paymentId)).length > 0);
  await waitUntil('email to be ready', async () => (await emailReadiness()) === 200);
  await waitUntil(
    'the metric to say so',
    async () => (await emailMetric('redis_maxmemory_policy')) === 0,
  );
  await expect(mailsOf(paymentId)).resolves.toHaveLength(1);
});

const topic = redriveTopic('search');
const kafka = new Kafka({ brokers: at.KAFKA_BROKERS, clientId: 'e2e', logLevel: logLevel.NOTHING });
async function setTopicConfig(entries: Record<string, string>): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  const configEntries = Object.entries(entries).map(([name, value]) => ({ name, value }));
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }],
  });
  await admin.disconnect();
}

async function topicConfig(): Promise<Record<string, string>> {
  const admin = kafka.admin();
  await admin.connect();
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
  });
  await admin.disconnect();
  const own = resources[0]?.configEntries.filter(({ isDefault }) => !isDefault) ?? [];
  return Object.fromEntries(own.map(({ configName, configValue }) => [configName, configValue]));
}

const connectorConfig = `${String(at['CONNECT_URL'])}/connectors/payments-outbox/config`;
const putConnectorConfig = async (config: Record<string, string>) => {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(connectorConfig, {
    method: 'PUT',
    headers,
    body: JSON.stringify(config),
  });
  if (!answer.ok) throw new Error(`Connect answered ${answer.status}`);
};

/** Each returns how to repair it. */
const DRIFTS: Record<string, { problem: string; inject: () => Promise<() => Promise<unknown>> }> = {
  topics: {
    problem: 'retention.ms of payment.completed.search.redrive',
    inject: async () => {
      const before = await topicConfig();
      await setTopicConfig({ ...before, 'retention.ms': '999999999' });
      return () => setTopicConfig(before);
    },
  },
  publication: {
    problem: 'payments.refunds is published',
    inject: async () => {
      await sql('payments', 'ALTER PUBLICATION payments_outbox ADD TABLE payments.refunds');
      return () => sql('payments', 'ALTER PUBLICATION payments_outbox DROP TABLE payments.refunds');
    },
  },
  postgres: {
    problem: 'synchronous_commit of payments_app is off',
    inject: async () => {
      await sql('payments', 'ALTER ROLE payments_app SET synchronous_commit = off');
      return () => sql('payments', 'ALTER ROLE payments_app RESET synchronous_commit');
    },
  },
  connector: {
    problem: 'poll.interval.ms has another value than registered',
    inject: async () => {
      const before = (await (await fetch(connectorConfig)).json()) as Record<string, string>;
      await putConnectorConfig({ ...before, 'poll.interval.ms': '50' });
      return () => putConnectorConfig(before);
    },
  },
};

it.each(Object.keys(DRIFTS))(
  'a drift of %s raises its metric, and the console names it until it is repaired',
  async (what) => {
    const { problem, inject } = DRIFTS[what]!;
    const repair = await inject();
    try {
      await waitUntil(
        'the metric of the alert',
        async () => (await consoleMetric('config_drift', { what })) === 1,
      );
      const { settings } = await operatorGet<{
        settings: Record<string, { holds: boolean; problems: string[] }>;
      }>('/api/pipeline');
      expect(settings[what]?.problems.join()).toContain(problem);
    } finally {
      await repair();
    }
    await waitUntil(
      'the metric to be 0 again',
      async () => (await consoleMetric('config_drift', { what })) === 0,
    );
    await untilHealthy();
  },
);
