import { jest } from '@jest/globals';
import { DLQ_HEADERS, deadLetterTopic } from '@effectively-once/contracts';
import { auditStores } from '../audit.js';
import { openStores } from '../stores/stores.js';
import { RealStores, type WrittenPayment } from '../testing/real-stores.fixture.js';
import { connectionsTo, type Connections } from './connections.js';
import { readEffectsOf } from './effects-of.js';
import { judgeOnePayment, type OnePayment } from './one-payment.js';

// Each test pays, damages, and reads every store twice.
jest.setTimeout(60_000);

const stores = new RealStores();
let connections: Connections;

beforeAll(async () => {
  await stores.open();
  connections = connectionsTo(stores.sources);
}, 30_000);
afterAll(async () => {
  await connections.close();
  await stores.close();
});

async function judged(id: string, by = connections): Promise<OnePayment> {
  const found = await judgeOnePayment(by, id);
  if (!found) throw new Error('there is no such payment');
  return found;
}

type Found = { invariant: string; status: string; kind: string; why: string };
// The time for which a payment is open differs between two readings.
const sorted = (findings: Found[]) =>
  findings
    .map((one) =>
      Object.values(one)
        .join(' | ')
        .replace(/for \d+ s/, 'for N s'),
    )
    .sort((a, b) => a.localeCompare(b));

/** What the audit of all payments finds about this payment or its user. */
async function wholeAudit({ id, userId }: WrittenPayment): Promise<string[]> {
  const all = await openStores(stores.sources);
  try {
    const options = { settleLimitMs: 0, slotWaitMaxMs: 0 };
    const { invariants } = await auditStores(all, options);
    return sorted(
      invariants.flatMap(({ id: invariant, violated, late }) =>
        [
          ...violated.map((one) => ({ ...one, status: 'violated' })),
          ...late.map((one) => ({ ...one, status: 'late' })),
        ]
          .filter((one) => one.id === id || one.id === userId)
          .map(({ status, kind, why }) => ({ invariant, status, kind, why })),
      ),
    );
  } finally {
    await all.close();
  }
}

async function onePayment({ id }: WrittenPayment): Promise<string[]> {
  const { judgement } = await judged(id);
  return sorted(
    judgement.findings.map(({ invariant, status, kind, why }) => ({
      invariant,
      status,
      kind,
      why,
    })),
  );
}

const update = (set: string) => (paid: WrittenPayment) =>
  stores.sql('payments', `UPDATE payments.payments SET ${set} WHERE id = $1`, [paid.id]);
const remove = (entries: { paymentId: string }[], id: string) =>
  entries.splice(0, entries.length, ...entries.filter(({ paymentId }) => paymentId !== id));

// Each damage, and what the judgement must begin with. The whole audit must say the same.
const DAMAGES: [name: string, damage: (paid: WrittenPayment) => unknown, found: string][] = [
  [
    'its outbox row is gone',
    ({ id }) => stores.sql('payments', 'DELETE FROM payments.outbox WHERE subject = $1', [id]),
    'I1 | violated | lost',
  ],
  [
    'it has two outbox rows',
    (paid) => secondRow(paid, "uuidv7(interval '-10 min')"),
    'I1 | violated | doubled',
  ],
  [
    'it has a second outbox row whose event id is of another time',
    (paid) => secondRow(paid, 'gen_random_uuid()'),
    'I1 | violated | doubled',
  ],
  [
    'it has an outbox row and is not completed',
    update("status = 'UNKNOWN', completed_at = NULL, lease_until = now()"),
    'I2 | violated | other',
  ],
  [
    'its event has other bytes than the outbox row',
    ({ id }) =>
      stores.sql('payments', "UPDATE payments.outbox SET payload = '{}' WHERE subject = $1", [id]),
    'I3 | violated | other',
  ],
  [
    'a foreign record names it',
    (paid) => stores.publish({ ...paid, eventId: crypto.randomUUID() }),
    'I3 | violated | other',
  ],
  [
    'it stays open',
    update("status = 'PENDING', completed_at = NULL, lease_until = now()"),
    'I4 | violated | other',
  ],
  ['it was never charged', ({ id }) => remove(stores.journals.charges, id), 'I5 | violated | lost'],
  ['it was charged twice', ({ id }) => stores.charge(id), 'I5 | violated | doubled'],
  [
    'its points are gone',
    ({ id, userId }) =>
      stores
        .sql('loyalty', 'DELETE FROM loyalty.points_entries WHERE payment_id = $1', [id])
        .then(() =>
          stores.sql('loyalty', 'DELETE FROM loyalty.accounts WHERE user_id = $1', [userId]),
        ),
    'I6 | violated | lost',
  ],
  [
    'its points are for another amount',
    ({ id }) =>
      stores.sql(
        'loyalty',
        'UPDATE loyalty.points_entries SET amount_minor = 1 WHERE payment_id = $1',
        [id],
      ),
    'I6 | violated | other',
  ],
  [
    'the balance of its user is wrong',
    ({ userId }) =>
      stores.sql('loyalty', 'UPDATE loyalty.accounts SET balance = 13 WHERE user_id = $1', [
        userId,
      ]),
    'I6 | violated | other',
  ],
  ['it has no receipt', ({ id }) => remove(stores.journals.mails, id), 'I7 | violated | lost'],
  ['it was mailed twice', ({ id }) => stores.mail(id), 'I7 | violated | doubled'],
  ['it has no document', (paid) => stores.unindex(paid), 'I8 | violated | lost'],
  [
    'its document has another version',
    (paid) => stores.unindex(paid).then(() => stores.index(paid, 9)),
    'I8 | violated | other',
  ],
  [
    'its stored response says otherwise',
    ({ id }) =>
      stores.sql(
        'payments',
        'UPDATE payments.idempotency_keys SET response_status = 402 WHERE payment_id = $1',
        [id],
      ),
    'I11 | violated | other',
  ],
  ['its dead letter is in the table only', (paid) => deadLetter(paid), 'I10 | violated | lost'],
];

/** Published at once, so that the connector does not do it between the two audits. */
async function secondRow(paid: WrittenPayment, eventId: string): Promise<void> {
  const [row] = await stores.sql(
    'payments',
    `INSERT INTO payments.outbox SELECT ${eventId}, specversion, topic, partition_key, event_type,
       subject, occurred_at, data_schema, traceparent, payload
       FROM payments.outbox WHERE subject = $1 RETURNING event_id`,
    [paid.id],
  );
  await stores.publish({ ...paid, eventId: String(row?.['event_id']) });
}

async function deadLetter({ id }: WrittenPayment): Promise<void> {
  await stores.sql(
    'console',
    `INSERT INTO console.dead_letters (consumer, original_topic, original_partition, original_offset,
       redrive_count, dlq_partition, dlq_offset, content_sha256, payment_id, error_name,
       error_message, attempts, dead_lettered_at)
     VALUES ('loyalty', 'payment.completed', 0, (random() * 1e9)::bigint, 0, 0,
       (random() * 1e9)::bigint, 'hash', $1, 'MailboxBusy', '', 5, now())`,
    [id],
  );
}

describe('the judgement of one payment', () => {
  it('is ok when the payment is in every store, and names every invariant that it needs', async () => {
    const paid = await stores.pay();
    const { facts, judgement } = await judged(paid.id);
    expect(judgement).toMatchObject({
      verdict: 'ok',
      invariants: ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8', 'I11'],
      findings: [],
    });
    expect(facts.unreadable).toEqual([]);
    expect(facts.topics?.get('payment.completed')?.records[0]?.value?.toString()).toBe(
      paid.payload,
    );
    expect(await wholeAudit(paid)).toEqual([]);
  });

  it.each(DAMAGES)('says what the whole audit says when %s', async (_, damage, found) => {
    const paid = await stores.pay();
    await damage(paid);
    const findings = await onePayment(paid);
    expect(findings).toEqual(await wholeAudit(paid));
    expect(findings).toContainEqual(expect.stringContaining(found));
  });

  it('is late while the consumer has not committed its event, and lost afterwards', async () => {
    const paid = await stores.pay();
    remove(stores.journals.mails, paid.id);
    await stores.commitAll({ consumer: 'email', userId: paid.userId });
    expect(await onePayment(paid)).toEqual([expect.stringContaining('I7 | late | lost')]);
    expect((await judged(paid.id)).judgement.verdict).toBe('late');
    await stores.commitAll();
    expect((await judged(paid.id)).judgement.verdict).toBe('violated');
  });

  it('does not call an effect lost whose dead letter the console has not ingested', async () => {
    const paid = await stores.pay();
    remove(stores.journals.mails, paid.id);
    const headers = {
      [DLQ_HEADERS.consumer]: 'email',
      [DLQ_HEADERS.originalTopic]: 'payment.completed',
      [DLQ_HEADERS.originalPartition]: '0',
      [DLQ_HEADERS.originalOffset]: '1',
      [DLQ_HEADERS.redriveCount]: '0',
    };
    await stores.publish(paid, { topic: deadLetterTopic('email'), headers });
    const findings = await onePayment(paid);
    expect(findings).toEqual([expect.stringContaining('I10 | late | lost')]);
    expect(findings).toEqual(await wholeAudit(paid));
  });

  it('names a store that does not answer, and judges nothing that needs it', async () => {
    const paid = await stores.pay();
    const broken = connectionsTo({ ...stores.sources, redisUrl: 'redis://127.0.0.1:1' });
    try {
      const { facts, judgement } = await judged(paid.id, broken);
      expect(facts.unreadable).toEqual(['Redis']);
      expect(facts.points?.entries).toHaveLength(1);
      expect(judgement.verdict).toBe('not_judged');
      expect(judgement.invariants).toEqual(['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I8', 'I11']);
    } finally {
      await broken.close();
    }
  });

  it('reads no address, key or token', async () => {
    const paid = await stores.pay();
    await stores.redis.set(`email:receipt:${paid.id}`, 'P:secret-token:1:1', 'PX', 60_000);
    const { facts } = await judged(paid.id);
    const text = JSON.stringify(facts, (_, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    );
    expect(facts.marker).toMatchObject({ state: 'claimed', attempt: 1 });
    expect(text).not.toContain('secret');
  });

  it('is undefined for an unknown payment', async () => {
    await expect(judgeOnePayment(connections, crypto.randomUUID())).resolves.toBeUndefined();
  });
});

describe('the effects of many payments', () => {
  it('are looked up by id, the receipt also without its marker', async () => {
    const [whole, unmarked, none] = [await stores.pay(), await stores.pay(), await stores.pay()];
    await stores.redis.del(`email:receipt:${unmarked.id}`, `email:receipt:${none.id}`);
    remove(stores.journals.mails, none.id);
    await stores.sql('loyalty', 'DELETE FROM loyalty.points_entries WHERE payment_id = $1', [
      none.id,
    ]);
    await stores.unindex(none);
    const ids = [whole.id, unmarked.id, none.id];
    const both = new Set([whole.id, unmarked.id]);
    const effects = await readEffectsOf(connections, ids, () => true);
    expect(effects).toEqual({ email: both, loyalty: both, search: both });
  });

  it('are unknown where the store does not answer', async () => {
    const paid = await stores.pay();
    const broken = connectionsTo({ ...stores.sources, elasticsearchUrl: 'http://127.0.0.1:1' });
    try {
      const effects = await readEffectsOf(broken, [paid.id], () => true);
      expect(effects).toMatchObject({ loyalty: new Set([paid.id]), search: undefined });
    } finally {
      await broken.close();
    }
  });
});
