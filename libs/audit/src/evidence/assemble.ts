import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import type { ConsumerProgress, Evidence, Scope } from './evidence.js';
import { keyOf, type Fact } from './facts.js';

/** Evidence that exists once for all payments, so every bucket shares it. */
export interface GlobalEvidence extends Scope {
  pspOutages: Evidence['pspOutages'];
  slotPassedSnapshot: boolean;
  reindexedBeforeMs: number | undefined;
  offsets: Record<ConsumerName, Pick<ConsumerProgress, 'committed' | 'redriveCommitted'>>;
  ingested: Evidence['ingested'];
}

/** Assembles the facts of one bucket into the evidence that the invariants judge. */
export async function assemble(
  facts: AsyncIterable<Fact> | Fact[],
  globalEvidence: GlobalEvidence,
): Promise<Evidence> {
  const { offsets, ...known } = globalEvidence;
  const evidence: Evidence = {
    ...known,
    payments: new Map(),
    older: new Set(),
    outbox: [],
    storedResponses: [],
    laterStatuses: new Map(),
    laterOutbox: new Map(),
    laterDebts: new Map(),
    published: [],
    progress: perConsumer((consumer) => ({
      ...offsets[consumer],
      deadLetters: new Map(),
      deadLetterStates: new Map(),
      redrives: new Map(),
    })),
    pointsEntries: new Map(),
    unbalancedAccounts: [],
    receipts: new Map(),
    maybeDuplicates: new Map(),
    documents: new Map(),
    firstEffects: perConsumer(() => new Map()),
    charges: [],
    dlqRecords: new Map(),
    deadLetterRows: new Map(),
    redriveRecords: new Map(),
    laterRows: new Map(),
  };
  for await (const fact of facts) addFact(fact, evidence);
  return evidence;
}

export function addFact(fact: Fact, evidence: Evidence): void {
  const { firstEffects, progress } = evidence;
  switch (fact.kind) {
    case 'payment':
      return void evidence.payments.set(fact.id, fact);
    case 'outbox_row':
      return void evidence.outbox.push(fact);
    case 'stored_response':
      return void evidence.storedResponses.push(fact);
    case 'record':
      return void evidence.published.push(fact);
    case 'dead_letter':
      return append(progress[fact.consumer].deadLetters, fact.paymentId, fact);
    case 'dead_letter_state':
      return append(progress[fact.consumer].deadLetterStates, fact.paymentId, fact);
    case 'redrive':
      return append(progress[fact.consumer].redrives, fact.paymentId, fact);
    case 'points_entry':
      append(evidence.pointsEntries, fact.paymentId, fact);
      return keepFirst(firstEffects.loyalty, fact);
    case 'unbalanced_account':
      return void evidence.unbalancedAccounts.push(fact);
    case 'receipt':
      count(evidence.receipts, fact.paymentId);
      return keepFirst(firstEffects.email, fact);
    case 'maybe_duplicate':
      return count(evidence.maybeDuplicates, fact.paymentId);
    case 'document':
      append(evidence.documents, fact.paymentId, fact);
      return keepFirst(firstEffects.search, fact);
    case 'charge':
      return void evidence.charges.push(fact);
    case 'dlq_record':
      return append(evidence.dlqRecords, keyOf(fact), fact);
    case 'dead_letter_row':
      return append(evidence.deadLetterRows, keyOf(fact), fact);
    case 'redrive_record':
      return append(evidence.redriveRecords, keyOf(fact), fact);
    default:
      fact satisfies never;
  }
}

function append<Item>(items: Map<string, Item[]>, id: string, item: Item): void {
  const known = items.get(id);
  if (known) known.push(item);
  else items.set(id, [item]);
}

const count = (counts: Map<string, number>, id: string) =>
  void counts.set(id, (counts.get(id) ?? 0) + 1);

const keepFirst = (firsts: Map<string, number>, { paymentId, at }: FirstEffect) =>
  void firsts.set(paymentId, Math.min(at, firsts.get(paymentId) ?? Infinity));

interface FirstEffect {
  paymentId: string;
  at: number;
}

export function perConsumer<Value>(
  make: (consumer: ConsumerName) => Value,
): Record<ConsumerName, Value> {
  const entries = CONSUMERS.map((consumer) => [consumer, make(consumer)] as const);
  return Object.fromEntries(entries) as Record<ConsumerName, Value>;
}
