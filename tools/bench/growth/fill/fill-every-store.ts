import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { Client as Elasticsearch } from '@elastic/elasticsearch';
import { Client } from 'pg';
import { ADD_TO_BALANCES } from './add-to-balances.js';
import {
  generatedPayments,
  publish,
  type GeneratedPayment,
  type Series,
} from './generated-payments.js';
import { insertPayments } from './insert-payments.js';

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
      await insertPayments(payments, group);
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
  ) ${ADD_TO_BALANCES}`;

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
