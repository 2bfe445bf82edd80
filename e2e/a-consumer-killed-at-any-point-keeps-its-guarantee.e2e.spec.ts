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
import { dyingAt, everythingIsSettled } from './fault-injection.js';
import {
  at,
  auditSources,
  checkout,
  customerToken,
  findings,
  get,
  journal,
  newId,
} from './system-under-test.js';

const connection = { brokers: at.KAFKA_BROKERS, clientId: 'e2e' };

const ON_THE_WAY: DeliveryPoint[] = ['after_decode', 'before_effect', 'before_commit'];
// Only email's mark comes after its effect.
const IN_THE_WINDOW: DeliveryPoint = 'after_effect_before_mark';
const AROUND_A_DEAD_LETTER: [DeliveryPoint, copies: number][] = [
  ['before_dead_letter', 1],
  ['after_dead_letter', 2],
];

it('there is no other point to be killed at', () => {
  const killedAt = [...ON_THE_WAY, IN_THE_WINDOW, ...AROUND_A_DEAD_LETTER.map(([point]) => point)];
  expect(killedAt.sort()).toEqual([...DELIVERY_POINTS].sort());
});

it.each(ON_THE_WAY)(
  'killed %s, each consumer has done its work once when its successor is done',
  async (point) => {
    const userId = newId('user');
    let paymentId = '';
    await dyingAt(point, CONSUMERS, async () => {
      paymentId = await pay(userId);
    });
    await everythingIsSettled();
    await expect(findings()).resolves.toEqual([]);
    await expect(journal('mails', { paymentId })).resolves.toHaveLength(1);
    const points = `http://127.0.0.1:${at.LOYALTY_PORT}/v1/users/${userId}/points`;
    const { json } = await get(points, await customerToken(userId));
    expect(json).toMatchObject({ balance: 12, entries: [{ paymentId, points: 12 }] });
  },
);

it('killed between the mail and its mark, email mails twice and says so', async () => {
  let paymentId = '';
  await dyingAt(IN_THE_WINDOW, ['email'], async () => {
    paymentId = await pay(newId('user'));
  });
  await everythingIsSettled();
  await expect(findings()).resolves.toEqual([]);
  await expect(journal('mails', { paymentId })).resolves.toHaveLength(2);
  await expect(evidenceFor(paymentId)).resolves.toBe(1);
});

it.each(AROUND_A_DEAD_LETTER)(
  'killed %s, a poison record is one dead letter, written %i times',
  async (point, copies) => {
    const userId = newId('user');
    await dyingAt(point, CONSUMERS, async () => {
      await Promise.all(CONSUMERS.map((consumer) => poison(consumer, userId)));
    });
    for (const consumer of CONSUMERS) {
      const origins = await waitUntil(`${consumer} to write it ${copies} times`, async () => {
        const written = await originsOfDeadLetters(consumer, userId);
        return written.length >= copies ? written : undefined;
      });
      expect({ consumer, copies: origins.length }).toEqual({ consumer, copies });
      // A copy has the origin of what it is a copy of, so that whoever lists them lists one.
      expect(new Set(origins).size).toBe(1);
    }
    await everythingIsSettled();
    await expect(findings()).resolves.toEqual([]);
  },
);

async function pay(userId: string): Promise<string> {
  const paid = await checkout({ userId });
  expect(paid.status).toBe(201);
  return paid.json['id'] as string;
}

/** How often email has said that this payment's receipt may be a second one. */
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

// Through the redrive topic: in the main one a record without an outbox row is itself a finding.
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

/** Where each dead letter of this user was read from: copies of one have one origin. */
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
