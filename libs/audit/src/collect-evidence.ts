import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import type { Client } from 'pg';
import { judgedRows, type Delivery, type Evidence, type Scope } from './evidence.js';
import { readDelivery } from './readers/delivery.js';
import { readDocuments } from './readers/documents.js';
import { readCharges, readReceipts } from './readers/journals.js';
import { readMaybeDuplicates } from './readers/maybe-duplicates.js';
import { outboxNow, readPaymentsSnapshot, statusesNow } from './readers/payments.js';
import { readPoints } from './readers/points.js';
import { openSnapshot } from './readers/postgres.js';
import { readPublication } from './readers/publication.js';
import { slotHasPassed } from './readers/slot.js';
import { reading } from './unreadable-store.js';

const PAYMENTS = 'the payments database';

/** Where every store is. The databases are read as role auditor, which can write none of them. */
export interface Sources {
  paymentsUrl: string;
  loyaltyUrl: string;
  kafkaBrokers: string[];
  redisUrl: string;
  elasticsearchUrl: string;
  thirdPartiesUrl: string;
}

/**
 * Reads every store while the system runs, in the one order that cannot accuse an honest system:
 *
 *   payments ──► topic ──► committed ──► dead letters, redrives ──► effects, ──► payments
 *   (snapshot)             offsets       (Kafka)                    journals     (look-ups)
 *
 * Three rules make it so.
 * 1. A promise is read before what keeps it. "This event is settled" (an offset) is read before the
 *    effects, and a consumer commits last: whatever an offset promises was there before we looked for
 *    it. Read the other way round, an effect done between the two readings would be called lost.
 * 2. What may exist without the snapshot knowing (an effect, a record, a capture of a payment that
 *    completed since) is looked up again at the very end, when its payment must have been committed.
 * 3. The payments, their outbox rows and their stored responses change in one statement, so they are
 *    read in one snapshot.
 */
export async function collectEvidence(sources: Sources, scope: Scope): Promise<Evidence> {
  const payments = await reading(PAYMENTS, () => openSnapshot(sources.paymentsUrl));
  try {
    const snapshot = await reading(PAYMENTS, () => readPaymentsSnapshot(payments));
    const publication = await reading('Kafka', () =>
      readPublication({
        brokers: sources.kafkaBrokers,
        rows: judgedRows({ ...scope, ...snapshot }),
        hasSlotPassed: () => reading(PAYMENTS, () => slotHasPassed(payments, snapshot.walPosition)),
      }),
    );
    const deliveries = await reading('Kafka', () => readDeliveries(sources.kafkaBrokers));
    const [points, receipts, documents, charges] = await Promise.all([
      readPoints(sources.loyaltyUrl),
      readReceiptsThenDeclarations(sources),
      readDocuments(sources.elasticsearchUrl),
      readCharges(sources.thirdPartiesUrl),
    ]);
    const effects = { ...points, ...receipts, documents, charges };
    const known = { ...scope, ...snapshot, ...publication, deliveries, ...effects };
    return { ...known, ...(await reading(PAYMENTS, () => lookUpLater(payments, known))) };
  } finally {
    await payments.end();
  }
}

// What another store holds of payments that were not COMPLETED in the snapshot, and records whose
// outbox row was not in it: few, those of the seconds since.
async function lookUpLater(
  client: Client,
  known: Omit<Evidence, 'laterStatuses' | 'laterOutbox'>,
): Promise<Pick<Evidence, 'laterStatuses' | 'laterOutbox'>> {
  const paymentIds = new Set([
    ...known.pointsEntries.keys(),
    ...known.receipts.keys(),
    ...known.documents.keys(),
    ...known.charges.flatMap(({ paymentId }) => paymentId ?? []),
  ]);
  const open = [...paymentIds].filter((id) => known.payments.get(id)?.status !== 'COMPLETED');
  const eventIds = new Set(known.outbox.map(({ eventId }) => eventId));
  const unknown = known.published.flatMap(({ eventId }) =>
    eventId && !eventIds.has(eventId) ? eventId : [],
  );
  return {
    laterStatuses: await statusesNow(client, open),
    laterOutbox: await outboxNow(client, unknown),
  };
}

async function readDeliveries(brokers: string[]): Promise<Record<ConsumerName, Delivery>> {
  const deliveries = await Promise.all(
    CONSUMERS.map(async (consumer) => [consumer, await readDelivery(brokers, consumer)] as const),
  );
  return Object.fromEntries(deliveries) as Record<ConsumerName, Delivery>;
}

// A second send is declared before it is sent, so the declarations are read after the receipts.
async function readReceiptsThenDeclarations(sources: Sources) {
  const receipts = await readReceipts(sources.thirdPartiesUrl);
  const maybeDuplicates = await readMaybeDuplicates(sources.redisUrl);
  return { receipts, maybeDuplicates };
}
