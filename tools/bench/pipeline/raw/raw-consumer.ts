import { Agent, get } from 'node:http';
import { PAYMENT_COMPLETED } from '@effectively-once/contracts';
import { Kafka, logLevel } from 'kafkajs';
import { createTransport } from 'nodemailer';
import pg from 'pg';
import { documentFor, plainReceipt, pointsOf, type PipelineEvent } from '../receipt.js';

/*
 * One consumer of the raw chain: the limit of what ours could reach. It does the effect with the
 * bare driver, a whole fetched batch at a time, and commits afterwards. It has no deduplication, no
 * retry, no order, no dead letters, no metrics and no log. A crash repeats the whole batch, and a
 * failure ends the process.
 *
 * node raw-consumer.js email|loyalty|search
 */

/** As ours: the partitions of the topic, and the connections to the mail provider. */
const PARTITIONS_AT_ONCE = 6;
const MAILS_AT_ONCE = 32;
/** Of one batch of a partition: about 150 events. */
const FETCH_BYTES_MAX = 65_536;
const HEARTBEAT_EVERY_MS = 3_000;

const environment = process.env as Record<string, string>;
const effects = { email, loyalty, search };
const [, , name = ''] = process.argv;
const effect = effects[name as keyof typeof effects]();

const kafka = new Kafka({
  brokers: environment['KAFKA_BROKERS']!.split(','),
  clientId: `raw-${name}`,
  logLevel: logLevel.ERROR,
});
const consumer = kafka.consumer({
  groupId: `raw-${name}`,
  maxBytesPerPartition: FETCH_BYTES_MAX,
});
await consumer.connect();
await consumer.subscribe({ topic: PAYMENT_COMPLETED, fromBeginning: true });
await consumer.run({
  partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
  eachBatch: async ({ batch, heartbeat }) => {
    // A batch that takes longer than the session of the group (30 s) would be redelivered.
    const beating = setInterval(() => void heartbeat().catch(() => undefined), HEARTBEAT_EVERY_MS);
    try {
      await effect(batch.messages.map(({ value }) => JSON.parse(String(value)) as PipelineEvent));
    } finally {
      clearInterval(beating);
    }
  },
});
process.send?.('ready');
process.once('SIGTERM', () => void consumer.disconnect().then(() => process.exit(0)));
// If the parent is gone, no SIGTERM will come.
process.once('disconnect', () => process.exit(1));

/** One SMTP dialogue for each mail, over connections that stay open. */
function email() {
  const agent = new Agent({ keepAlive: true, maxSockets: MAILS_AT_ONCE });
  const smtp = createTransport({
    url: environment['SMTP_URL'],
    pool: true,
    maxConnections: MAILS_AT_ONCE,
    maxMessages: Infinity,
  });
  const mail = async (event: PipelineEvent) => {
    await smtp.sendMail(plainReceipt(event, await addressOf(event.paymentId, agent)));
  };
  return async (events: PipelineEvent[]) => void (await Promise.all(events.map(mail)));
}

/** The address is in no event, so it is asked for, as ours is. */
async function addressOf(paymentId: string, agent: Agent): Promise<string> {
  const url = new URL(`/internal/payments/${paymentId}/recipient`, environment['PAYMENTS_URL']);
  const body = await new Promise<string>((resolve, reject) => {
    get(url, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => (text += String(chunk)));
      response.on('end', () => resolve(text)).on('error', reject);
    }).on('error', reject);
  });
  return (JSON.parse(body) as { receiptEmail: string }).receiptEmail;
}

/** One statement for a batch: the entries, and the balances of their users. No inbox. */
function loyalty() {
  const pool = new pg.Pool({ connectionString: environment['POINTS_DATABASE_URL'], max: 2 });
  return async (events: PipelineEvent[]) => {
    await pool.query({
      name: 'award',
      text: `
        WITH entry AS (
          INSERT INTO raw.points_entries (payment_id, user_id, points)
          SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[])
          RETURNING user_id, points
        )
        INSERT INTO raw.accounts AS account (user_id, balance)
        SELECT user_id, sum(points)::bigint FROM entry GROUP BY user_id ORDER BY user_id
        ON CONFLICT (user_id) DO UPDATE SET balance = account.balance + excluded.balance`,
      values: [
        events.map(({ paymentId }) => paymentId),
        events.map(({ userId }) => userId),
        events.map(pointsOf),
      ],
    });
  };
}

/** One bulk request for a batch. No version. */
function search() {
  const url = new URL('/payments/_bulk', environment['ELASTICSEARCH_URL']);
  return async (events: PipelineEvent[]) => {
    const lines = events.flatMap((event) => [
      JSON.stringify({ index: { _id: event.paymentId } }),
      JSON.stringify(documentFor(event)),
    ]);
    const headers = { 'content-type': 'application/x-ndjson' };
    const response = await fetch(url, { method: 'POST', headers, body: `${lines.join('\n')}\n` });
    const answer = (await response.json()) as { errors: boolean };
    if (!response.ok || answer.errors) throw new Error(JSON.stringify(answer).slice(0, 500));
  };
}
