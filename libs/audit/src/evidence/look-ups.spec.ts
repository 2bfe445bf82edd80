import { CUTOFF_MS, honestEvidence } from '../testing/evidence.fixture.js';
import type { Evidence } from './evidence.js';
import type { Fact } from './facts.js';
import { PAYMENT_INVARIANTS } from '../invariants.js';
import { lookUpOlder } from './look-ups.js';
import { manyPayments } from '../testing/many-payments.fixture.js';
import type { Stores } from '../stores/stores.js';

const honest = honestEvidence();
const paid = honest.payments.get('paid')!;
const [charge] = honest.charges;
const [row] = honest.outbox;
const MINUTE_MS = 60_000;

/** All evidence about `paid`, as the stores give it by id. */
const everything: Fact[] = [
  { kind: 'payment', id: 'paid', ...paid },
  { kind: 'outbox_row', ...row! },
  { kind: 'charge', ...charge! },
  { kind: 'receipt', paymentId: 'paid', at: 0 },
];

/** Stores that give these facts by id, and record the ids that they are asked for. */
function storesOf(facts: Fact[], asked: string[][] = []): Stores {
  const give = async (ids: string[], take: (fact: never) => unknown, kinds: Fact['kind'][]) => {
    asked.push(ids);
    for (const fact of facts) if (kinds.includes(fact.kind)) await take(fact as never);
  };
  return {
    ...manyPayments(0),
    chargesOf: (ids, take) => give(ids, take, ['charge']),
    older: (ids, take) =>
      give(ids, take, ['payment', 'outbox_row', 'charge', 'receipt', 'maybe_duplicate']),
  };
}

/** The evidence of an incremental audit. `paid` completed ten minutes before the cut-off. */
const readSince = (sinceMs: number, changes: Partial<Evidence> = {}): Evidence =>
  honestEvidence({
    sinceMs,
    payments: new Map(),
    outbox: [],
    storedResponses: [],
    published: [],
    pointsEntries: new Map(),
    receipts: new Map(),
    documents: new Map(),
    charges: [],
    dlqRecords: new Map(),
    deadLetterRows: new Map(),
    redriveRecords: new Map(),
    ...changes,
  });

/** All findings, violated or late. */
async function found(known: Evidence, facts: Fact[]): Promise<string[]> {
  await lookUpOlder(storesOf(facts), known);
  return PAYMENT_INVARIANTS.flatMap(({ id, judge }) => {
    const { violated, late } = judge(known);
    return [...violated, ...late].map((finding) => `${id} ${finding.id} ${finding.why}`);
  });
}

describe('what an incremental audit looks up of older payments', () => {
  const lately = CUTOFF_MS - 5 * MINUTE_MS;

  it('names a second capture whose first capture is older', async () => {
    const second = { ...charge!, id: 'pi_2' };
    const known = readSince(lately, { charges: [second] });
    const facts: Fact[] = [...everything, { kind: 'charge', ...second }];
    await expect(found(known, facts)).resolves.toEqual([
      'I5 paid captured 2 times: charges pi_1, pi_2',
      'I11 paid captured 2 times: charges pi_1, pi_2',
    ]);
  });

  it('names a second receipt whose first receipt is older, unless it was declared', async () => {
    const receipts = new Map([['paid', 1]]);
    const facts: Fact[] = [...everything, { kind: 'receipt', paymentId: 'paid', at: 0 }];
    await expect(found(readSince(lately, { receipts }), facts)).resolves.toEqual([
      expect.stringContaining('I7 paid was mailed 2 receipts'),
    ]);
    const declared: Fact[] = [...facts, { kind: 'maybe_duplicate', paymentId: 'paid' }];
    await expect(found(readSince(lately, { receipts }), declared)).resolves.toEqual([]);
  });

  it('names a second outbox row whose first row is older', async () => {
    const again = { ...row!, eventId: 'again' };
    const known = readSince(lately, { outbox: [again] });
    const facts: Fact[] = [...everything, { kind: 'outbox_row', ...again }];
    await expect(found(known, facts)).resolves.toEqual([
      'I1 paid has 2 outbox rows: events event, again',
    ]);
  });

  it('does not report evidence of an older payment as missing if it was not read', async () => {
    const known = readSince(lately, { receipts: new Map([['paid', 1]]) });
    await expect(found(known, everything)).resolves.toEqual([]);
    expect(known.older).toEqual(new Set(['paid']));
  });

  it('finds the capture of a payment that was captured before the audited part and completed in it', async () => {
    const payments = new Map([['paid', { ...paid, createdAtMs: lately - 10 * MINUTE_MS }]]);
    payments.get('paid')!.completedAtMs = lately + MINUTE_MS;
    const known = { ...honestEvidence(), sinceMs: lately, payments, charges: [] };
    await lookUpOlder(storesOf(everything), known);
    expect(known.charges.map(({ id }) => id)).toEqual(['pi_1']);
  });

  it('looks nothing up of a payment that was read in full', async () => {
    const asked: string[][] = [];
    const longAgo = readSince(CUTOFF_MS - 60 * MINUTE_MS, honestEvidence());
    longAgo.sinceMs = CUTOFF_MS - 60 * MINUTE_MS;
    await lookUpOlder(storesOf(everything, asked), longAgo);
    // The same holds for a payment of the minute before, unless some evidence is duplicated.
    const justBefore = { ...honestEvidence(), sinceMs: paid.completedAtMs + 1_000 };
    await lookUpOlder(storesOf(everything, asked), justBefore);
    expect(asked).toEqual([['paid']].slice(1));
    justBefore.receipts.set('paid', 2);
    await lookUpOlder(storesOf(everything, asked), justBefore);
    expect(asked).toEqual([['paid']]);
  });

  it('looks nothing up in a full audit', async () => {
    const asked: string[][] = [];
    await lookUpOlder(storesOf(everything, asked), honestEvidence({ payments: new Map() }));
    expect(asked).toEqual([]);
  });
});
