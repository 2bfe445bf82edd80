import { deadLetterName, readSinceMs, type Evidence, type PaymentRow } from './evidence.js';
import type { Fact } from './facts.js';
import { addFact } from './assemble.js';
import type { Stores } from '../stores/stores.js';

/** Looks up at the end of the audit what the snapshot could not contain. */
export async function lookUpLater(
  stores: Pick<Stores, 'statusesNow' | 'debtsNow' | 'outboxNow' | 'deadLettersNow'>,
  known: Evidence,
): Promise<Pick<Evidence, 'laterStatuses' | 'laterDebts' | 'laterOutbox' | 'laterRows'>> {
  const paymentIds = idsInStores(known);
  const notCompleted = [...paymentIds].filter(
    (id) => known.payments.get(id)?.status !== 'COMPLETED',
  );
  const eventIds = new Set(known.outbox.map(({ eventId }) => eventId));
  const unknown = known.published.flatMap(({ eventId }) =>
    eventId && !eventIds.has(eventId) ? eventId : [],
  );
  const notRedriven = [...known.redriveRecords].flatMap(([letter, [redrive]]) =>
    redrive && known.deadLetterRows.get(letter)?.[0]?.state !== 'redriven' ? redrive.letter : [],
  );
  const rows = await stores.deadLettersNow(notRedriven);
  return {
    laterStatuses: await stores.statusesNow(notCompleted),
    laterDebts: await stores.debtsNow(unpaidCaptures(known)),
    laterOutbox: await stores.outboxNow(unknown),
    laterRows: new Map(rows.map((row) => [deadLetterName(row.letter), row])),
  };
}

const unpaidCaptures = ({ charges, payments }: Evidence) =>
  charges.flatMap(({ id, status, paymentId = '' }) =>
    status !== 'declined' && payments.get(paymentId)?.status !== 'COMPLETED' ? id : [],
  );

/**
 * Looks up evidence that is older than the part that an incremental audit reads. Without it, the
 * audit would see only the second half of a duplicate. It asks by payment id, for two kinds of
 * payments: those that the part names although they completed before it, and those that completed
 * in the part but may have been captured before it.
 */
export async function lookUpOlder(stores: Stores, known: Evidence): Promise<void> {
  const { sinceMs } = known;
  if (sinceMs === undefined) return;
  const sinceThen = readSinceMs({ ...known, sinceMs });
  const crossing = [...known.payments].filter(
    ([, { completedAtMs, createdAtMs }]) => completedAtMs >= sinceMs && createdAtMs < sinceThen,
  );
  const crossingIds = new Set(crossing.map(([id]) => id));
  known.charges = without(crossingIds, known.charges);
  if (crossingIds.size > 0) {
    await stores.chargesOf([...crossingIds], (charge) => addFact(charge, known));
  }

  const named = idsInStores(known);
  for (const { paymentId } of known.outbox) named.add(paymentId);
  const isDuplicated = duplicatesIn(known);
  const outside = [...named].filter((id) => {
    const payment = known.payments.get(id);
    // A payment that completed just before the part was read in full, unless clocks differ.
    return !payment || (isBefore(payment, sinceMs) && isDuplicated(id));
  });
  if (outside.length === 0) return;
  const facts: Fact[] = [];
  await stores.older(outside, (fact) => void facts.push(fact));
  const older = new Set(
    facts.flatMap((fact) => (fact.kind === 'payment' && isBefore(fact, sinceMs) ? fact.id : [])),
  );
  known.older = older;
  known.charges = without(older, known.charges);
  known.outbox = without(older, known.outbox);
  for (const id of older) {
    known.receipts.delete(id);
    known.maybeDuplicates.delete(id);
  }
  for (const fact of facts) {
    const id = fact.kind === 'payment' ? fact.id : 'paymentId' in fact ? fact.paymentId : undefined;
    // Any other id is a younger payment or no payment. lookUpLater asks for its status.
    if (id !== undefined && older.has(id)) addFact(fact, known);
  }
}

const isBefore = ({ status, completedAtMs }: PaymentRow, sinceMs: number) =>
  status === 'COMPLETED' && completedAtMs < sinceMs;

function duplicatesIn({ charges, outbox, receipts }: Evidence): (id: string) => boolean {
  const times = new Map(receipts);
  for (const list of [outbox, charges.filter(({ status }) => status === 'captured')]) {
    const seen = new Map<string, number>();
    for (const { paymentId = '' } of list) seen.set(paymentId, (seen.get(paymentId) ?? 0) + 1);
    for (const [id, count] of seen) times.set(id, Math.max(count, times.get(id) ?? 0));
  }
  return (id) => (times.get(id) ?? 0) > 1;
}

/** The ids of payments that other stores than the payments database name. */
const idsInStores = (known: Evidence) =>
  new Set([
    ...known.pointsEntries.keys(),
    ...known.receipts.keys(),
    ...known.documents.keys(),
    ...known.charges.flatMap(({ paymentId }) => paymentId ?? []),
  ]);

const without = <Item extends { paymentId: string | undefined }>(ids: Set<string>, items: Item[]) =>
  items.filter(({ paymentId }) => paymentId === undefined || !ids.has(paymentId));
