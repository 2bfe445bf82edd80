import { letterName, readSinceMs, type Evidence, type Payment } from './evidence.js';
import type { Fact } from './facts.js';
import { add } from './assemble.js';
import type { Stores } from '../stores/stores.js';

/** What the snapshot could not know, asked again at the very end. */
export async function lookUpLater(
  stores: Stores,
  known: Evidence,
): Promise<Pick<Evidence, 'laterStatuses' | 'laterOutbox' | 'laterRows'>> {
  const paymentIds = idsInStores(known);
  const unsettled = [...paymentIds].filter((id) => known.payments.get(id)?.status !== 'COMPLETED');
  const eventIds = new Set(known.outbox.map(({ eventId }) => eventId));
  const unknown = known.published.flatMap(({ eventId }) =>
    eventId && !eventIds.has(eventId) ? eventId : [],
  );
  const unmarked = [...known.redriveRecords].flatMap(([letter, [redrive]]) =>
    redrive && known.deadLetterRows.get(letter)?.[0]?.state !== 'redriven' ? redrive.letter : [],
  );
  const rows = await stores.deadLettersNow(unmarked);
  return {
    laterStatuses: await stores.statusesNow(unsettled),
    laterOutbox: await stores.outboxNow(unknown),
    laterRows: new Map(rows.map((row) => [letterName(row.letter), row])),
  };
}

/**
 * What lies before the part that an incremental audit reads: the first half of what is there twice. Asked
 * for by id, of payments that were named in that part and completed before it, and of those that
 * completed in it and may have been captured before it.
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
    await stores.chargesOf([...crossingIds], (charge) => add(charge, known));
  }

  const named = idsInStores(known);
  for (const { paymentId } of known.outbox) named.add(paymentId);
  const isThereTwice = seenTwice(known);
  const outside = [...named].filter((id) => {
    const payment = known.payments.get(id);
    // Of what completed just before, everything was read, but for what the clocks may hide.
    return !payment || (isBefore(payment, sinceMs) && isThereTwice(id));
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
    // Whatever else was named is too young, or no payment at all: lookUpLater asks for what it is.
    if (id !== undefined && older.has(id)) add(fact, known);
  }
}

const isBefore = ({ status, completedAtMs }: Payment, sinceMs: number) =>
  status === 'COMPLETED' && completedAtMs < sinceMs;

function seenTwice({ charges, outbox, receipts }: Evidence): (id: string) => boolean {
  const times = new Map(receipts);
  for (const list of [outbox, charges.filter(({ status }) => status === 'captured')]) {
    const seen = new Map<string, number>();
    for (const { paymentId = '' } of list) seen.set(paymentId, (seen.get(paymentId) ?? 0) + 1);
    for (const [id, count] of seen) times.set(id, Math.max(count, times.get(id) ?? 0));
  }
  return (id) => (times.get(id) ?? 0) > 1;
}

/** The payments that any store but payments' own speaks of. */
const idsInStores = (known: Evidence) =>
  new Set([
    ...known.pointsEntries.keys(),
    ...known.receipts.keys(),
    ...known.documents.keys(),
    ...known.charges.flatMap(({ paymentId }) => paymentId ?? []),
  ]);

const without = <Item extends { paymentId: string | undefined }>(ids: Set<string>, items: Item[]) =>
  items.filter(({ paymentId }) => paymentId === undefined || !ids.has(paymentId));
