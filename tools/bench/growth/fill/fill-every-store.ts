import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import {
  PAYMENT_COMPLETED,
  PAYMENT_COMPLETED_SCHEMA,
  PAYMENT_COMPLETED_TYPE,
} from '@effectively-once/contracts';
import { Client as Elasticsearch } from '@elastic/elasticsearch';
import { Client } from 'pg';
import {
  generatedPayments,
  publish,
  TRACEPARENT,
  type GeneratedPayment,
  type Series,
} from './generated-payments.js';

export interface StoreAddresses {
  brokers: string[];
  elasticsearchUrl: string;
  paymentsUrl: string;
  loyaltyUrl: string;
  journalFolder: string;
}

/**
 * Writes completed payments with everything that belongs to them into every store that the audit
 * reads: rows, stored answer, charge, record, points, receipt and document.
 */
export async function fillEveryStore(
  at: StoreAddresses,
  series: Series,
  signal: AbortSignal,
): Promise<void> {
  await publish(at.brokers, series, signal);
  const payments = new Client({ connectionString: at.paymentsUrl });
  const loyalty = new Client({ connectionString: at.loyaltyUrl });
  const search = new Elasticsearch({ node: at.elasticsearchUrl });
  await mkdir(at.journalFolder, { recursive: true });
  const charges = createWriteStream(join(at.journalFolder, 'charges.jsonl'), { flags: 'a' });
  const mails = createWriteStream(join(at.journalFolder, 'mails.jsonl'), { flags: 'a' });
  await Promise.all([payments.connect(), loyalty.connect()]);
  try {
    for (const group of generatedPayments(series)) {
      signal.throwIfAborted();
      await payments.query(PAYMENT_ROWS, paymentValues(group));
      await loyalty.query(POINTS, pointsValues(group));
      await indexDocuments(search, group);
      for (const payment of group) {
        charges.write(`${JSON.stringify(chargeOf(payment))}\n`);
        mails.write(`${JSON.stringify(mailOf(payment))}\n`);
      }
    }
  } finally {
    await Promise.all([payments.end(), loyalty.end(), search.close()]);
    for (const journal of [charges, mails]) {
      journal.end();
      await once(journal, 'close');
    }
  }
}

const PAYMENT_ROWS = `
  WITH made AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::timestamptz[], $5::uuid[], $6::text[])
      AS one (id, user_id, amount_minor, completed_at, event_id, payload)
  ), payment AS (
    INSERT INTO payments.payments (id, user_id, order_id, amount_minor, currency, payment_method,
      status, version, psp_reference, created_at, completed_at, traceparent, psp_attempts)
    SELECT id, user_id, id::text, amount_minor, 'EUR', 'pm_card_visa',
      'COMPLETED', 2, 'pi_' || id, completed_at, completed_at, $7, 1
    FROM made
    RETURNING id
  ), key AS (
    INSERT INTO payments.idempotency_keys (user_id, method, route, idempotency_key, fingerprint,
      payment_id, response_status, response_body, created_at)
    SELECT user_id, 'POST', '/v1/payments', id::text, 'fingerprint', id, 201,
      json_build_object('id', id, 'status', 'COMPLETED')::text, completed_at
    FROM made
  )
  INSERT INTO payments.outbox (event_id, specversion, topic, partition_key, event_type, subject,
    occurred_at, data_schema, traceparent, payload)
  SELECT event_id, '1.0', $8, user_id, $9, id::text, completed_at, $10, $7, payload FROM made`;

const paymentValues = (group: GeneratedPayment[]) => [
  group.map(({ paymentId }) => paymentId),
  group.map(({ userId }) => userId),
  group.map(({ amountMinor }) => amountMinor),
  group.map(({ completedAt }) => completedAt),
  group.map(({ eventId }) => eventId),
  group.map(({ payload }) => payload),
  TRACEPARENT,
  PAYMENT_COMPLETED,
  PAYMENT_COMPLETED_TYPE,
  PAYMENT_COMPLETED_SCHEMA,
];

// Inserted in the order of the numbers, because the audit compares the order of a user's effects.
const POINTS = `
  WITH made AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::uuid[])
      WITH ORDINALITY AS one (payment_id, user_id, amount_minor, event_id, place)
  ), entry AS (
    INSERT INTO loyalty.points_entries (payment_id, user_id, amount_minor, currency, points, event_id)
    SELECT payment_id, user_id, amount_minor, 'EUR', amount_minor / 100, event_id
      FROM made ORDER BY place
    RETURNING user_id, points
  )
  INSERT INTO loyalty.accounts AS account (user_id, balance)
  SELECT user_id, sum(points) FROM entry GROUP BY user_id
  ON CONFLICT (user_id) DO UPDATE SET balance = account.balance + excluded.balance`;

const pointsValues = (group: GeneratedPayment[]) => [
  group.map(({ paymentId }) => paymentId),
  group.map(({ userId }) => userId),
  group.map(({ amountMinor }) => amountMinor),
  group.map(({ eventId }) => eventId),
];

async function indexDocuments(search: Elasticsearch, group: GeneratedPayment[]): Promise<void> {
  const operations = group.flatMap(({ paymentId, userId, amountMinor, currency, completedAt }) => [
    { index: { _id: paymentId, version: 2, version_type: 'external' as const } },
    {
      paymentId,
      orderId: paymentId,
      userId,
      status: 'COMPLETED',
      amountMinor,
      currency,
      completedAt,
      paymentVersion: 2,
    },
  ]);
  const { errors } = await search.bulk({ index: 'payments', operations });
  if (errors) throw new Error('Elasticsearch refused a generated document');
}

/** A line of the simulated PSP's journal. */
const chargeOf = ({ n, paymentId, amountMinor, currency, completedAt }: GeneratedPayment) => ({
  idempotencyKey: null,
  endpoint: '/v1/payment_intents',
  fingerprint: '',
  status: 200,
  body: { id: `pi_${n}`, object: 'payment_intent', metadata: { paymentId } },
  charge: {
    id: `pi_${n}`,
    paymentId,
    amountMinor,
    currency,
    status: 'captured',
    idempotencyKey: null,
    at: completedAt,
  },
  requestId: `req_${n}`,
  at: completedAt,
});

/** A line of the simulated mail provider's journal. */
const mailOf = ({ n, paymentId, completedAt }: GeneratedPayment) => ({
  messageId: `<${paymentId}.receipt@growth.example>`,
  to: `growth-${n}@example.com`,
  subject: 'Your receipt',
  paymentId,
  at: completedAt,
});
