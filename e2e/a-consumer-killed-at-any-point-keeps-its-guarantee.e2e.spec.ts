import { openStores } from '@effectively-once/audit';
import {
  CONSUMERS,
  deadLetterTopic,
  DLQ_HEADERS,
  redriveTopic,
  type ConsumerName,
} from '@effectively-once/contracts';
import { DELIVERY_POINTS, type DeliveryPoint } from '@effectively-once/delivery';
import { headerTexts, readTopic, RecordProducer } from '@effectively-once/kafka';
import { waitUntil } from '@effectively-once/testing';
import { consumerUrl, killedAt, metric, untilDrained } from './fault-injection.js';
import { whilePaying } from './load.js';
import {
  at,
  auditSources,
  customerToken,
  findings,
  get,
  journal,
  pay,
  newId,
} from './system-under-test.js';

const connection = { brokers: at.KAFKA_BROKERS, clientId: 'e2e' };

const OUTSIDE_THE_WINDOW: DeliveryPoint[] = ['after_decode', 'before_effect', 'before_commit'];
// Only email writes its deduplication marker after its effect: a kill in between duplicates the
// mail.
const IN_THE_WINDOW: DeliveryPoint = 'after_effect_before_mark';
const AROUND_A_DEAD_LETTER: [DeliveryPoint, copies: number][] = [
  ['before_dead_letter', 1],
  ['after_dead_letter', 2],
];

it('every failure point of the delivery runtime is covered', () => {
  const killedAt = [
    ...OUTSIDE_THE_WINDOW,
    IN_THE_WINDOW,
    ...AROUND_A_DEAD_LETTER.map(([point]) => point),
  ];
  expect(killedAt.sort()).toEqual([...DELIVERY_POINTS].sort());
});

it.each(OUTSIDE_THE_WINDOW)(
  'killed %s: after the restart, each effect is applied once',
  async (point) => {
    const userId = newId('user');
    let paymentId = '';
    await killedAt(point, CONSUMERS, async () => {
      paymentId = await pay(userId);
    });
    await untilDrained();
    await expect(findings()).resolves.toEqual([]);
    await expect(journal('mails', { paymentId })).resolves.toHaveLength(1);
    const points = `http://127.0.0.1:${at.LOYALTY_PORT}/v1/users/${userId}/points`;
    const { json } = await get(points, await customerToken(userId));
    expect(json).toMatchObject({ balance: 12, entries: [{ paymentId, points: 12 }] });
  },
);

// One statement writes the effects of a group, and one request commits the offsets of all
// partitions: a crash between the two redelivers every effect since the last commit.
it('killed under load before a commit: the whole group is delivered again and absorbed', async () => {
  await whilePaying(20, () => killedAt('before_commit', CONSUMERS, async () => undefined));
  await untilDrained();
  await expect(findings()).resolves.toEqual([]);
  for (const consumer of CONSUMERS) {
    const duplicate = { outcome: 'duplicate' };
    const absorbed = await metric(consumerUrl(consumer), 'delivery_records_total', duplicate);
    // At least the record whose commit the kill prevented; with it all since the last commit.
    expect({ consumer, absorbed: absorbed >= 1 }).toEqual({ consumer, absorbed: true });
  }
});

it('killed between the mail and its deduplication marker: email mails twice and records evidence', async () => {
  let paymentId = '';
  await killedAt(IN_THE_WINDOW, ['email'], async () => {
    paymentId = await pay(newId('user'));
  });
  await untilDrained();
  await expect(findings()).resolves.toEqual([]);
  await expect(journal('mails', { paymentId })).resolves.toHaveLength(2);
  await expect(evidenceFor(paymentId)).resolves.toBe(1);
});

it.each(AROUND_A_DEAD_LETTER)(
  'killed %s: a poison pill is one dead letter, written %i times',
  async (point, copies) => {
    const userId = newId('user');
    await killedAt(point, CONSUMERS, async () => {
      await Promise.all(CONSUMERS.map((consumer) => poison(consumer, userId)));
    });
    for (const consumer of CONSUMERS) {
      const origins = await waitUntil(`${consumer} to write it ${copies} times`, async () => {
        const written = await originsOfDeadLetters(consumer, userId);
        return written.length >= copies ? written : undefined;
      });
      expect({ consumer, copies: origins.length }).toEqual({ consumer, copies });
      // All copies of a dead letter name one origin, so that the console lists them as one.
      expect(new Set(origins).size).toBe(1);
    }
    await untilDrained();
    await expect(findings()).resolves.toEqual([]);
  },
);

/** How many `maybe_duplicate` entries email wrote for this payment. */
async function evidenceFor(paymentId: string): Promise<number> {
  const stores = await openStores(auditSources);
  try {
    let declared = 0;
    await stores.maybeDuplicates((send) => {
      if (send.paymentId === paymentId) declared++;
    });
    return declared;
  } finally {
    await stores.close();
  }
}

// Through the redrive topic: in the main topic, a record without an outbox row violates I3.
async function poison(consumer: ConsumerName, userId: string): Promise<void> {
  const producer = new RecordProducer(connection);
  await producer.connect();
  try {
    const topic = redriveTopic(consumer);
    await producer.send({ topic, key: Buffer.from(userId), value: Buffer.from('{"'), headers: {} });
  } finally {
    await producer.disconnect();
  }
}

/** The origin (partition and offset) of each dead letter of this user. Copies share one origin. */
async function originsOfDeadLetters(consumer: ConsumerName, userId: string): Promise<string[]> {
  const origins: string[] = [];
  for await (const record of readTopic({ ...connection, topic: deadLetterTopic(consumer) })) {
    if (record.key?.toString() !== userId) continue;
    const headers = headerTexts(record);
    origins.push(
      `${headers[DLQ_HEADERS.originalPartition]}-${headers[DLQ_HEADERS.originalOffset]}`,
    );
  }
  return origins;
}
