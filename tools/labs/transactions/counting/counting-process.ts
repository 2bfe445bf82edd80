import { CE_HEADERS } from '@effectively-once/contracts';
import {
  headerTexts,
  ProducerFenced,
  RecordProducer,
  TransactionalProducer,
  type GroupConsumer,
  type KafkaRecord,
  type TransactionalConnection,
} from '@effectively-once/kafka';
import { Pool } from 'pg';
import { endWithParent, SESSION_TIMEOUT_MS } from '../../process/one-by-one.js';
import type { CountingSettings } from './plan.js';
import type { Producing, CountingStep } from './counting-options.js';
import { PaymentsPerMinute } from './payments-per-minute.js';

/*
 * The counting service as a process of the lab. In each transaction it also has an effect outside
 * Kafka: a row for each payment, in a table without a unique key. At the planned step it stops
 * until it is killed.
 */

const settings = JSON.parse(process.argv[2] ?? '') as CountingSettings;
const { way, plan } = settings;
const pool = new Pool({ connectionString: settings.databaseUrl, max: 4 });
let transactions = 0;

async function onStep(step: CountingStep, records: readonly KafkaRecord[]): Promise<void> {
  if (step === 'sent') {
    transactions += 1;
    await outsideEffect(records);
  }
  if (!plan || step !== plan.step || transactions < plan.transaction) return;
  const goOn = new Promise((resolve) => process.once('message', resolve));
  process.send?.({ kind: 'at the step' });
  // Without a stop the kill comes while the commit is on its way.
  if (plan.stops) await goOn;
}

async function outsideEffect(records: readonly KafkaRecord[]): Promise<void> {
  const payments = records.map((record) => headerTexts(record)[CE_HEADERS.subject]);
  await pool.query(
    'INSERT INTO lab_transactions.outside (way, payment) SELECT $1, unnest($2::text[])',
    [way, payments],
  );
}

/** Tells the lab what the broker refused: a zombie learns it here. */
const telling = ({ inTransaction, disconnect }: Producing): Producing => ({
  inTransaction: async (work) => {
    try {
      return await inTransaction(work);
    } catch (error) {
      process.send?.({ kind: error instanceof ProducerFenced ? 'fenced' : 'refused' });
      throw error;
    }
  },
  disconnect,
});

async function transactional(options: TransactionalConnection): Promise<Producing> {
  const producer = await TransactionalProducer.takeOver(options);
  return {
    inTransaction: (work) => producer.inTransaction(work),
    disconnect: () => producer.disconnect(),
  };
}

/** Without a transaction: the counts first, then the offset, as an at-least-once consumer does. */
async function plain(
  { brokers, clientId }: TransactionalConnection,
  group: GroupConsumer,
): Promise<Producing> {
  const producer = new RecordProducer({ brokers, clientId });
  await producer.connect();
  return {
    inTransaction: (work) =>
      work({
        send: async (topic, records) => {
          const messages = records.map((record) => ({ ...record, headers: {} }));
          await producer.sendAll(topic, messages);
        },
        sendOffset: (_group, at, nextOffset) => group.commit(at, nextOffset, ''),
      }),
    disconnect: () => producer.disconnect(),
  };
}

const takeOver = way === 'transaction' ? transactional : plain;
const service = new PaymentsPerMinute({
  ...settings,
  sessionTimeoutMs: SESSION_TIMEOUT_MS,
  takeOver: async (options, group) => telling(await takeOver(options, group)),
  onStep,
  onReady: () => process.send?.({ kind: 'ready' }),
  onFailure: (error) => {
    console.error(error);
    process.exit(1);
  },
});
await service.start();
endWithParent(() => service.stop());
