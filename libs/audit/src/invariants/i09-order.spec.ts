import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import type { Evidence } from '../evidence/evidence.js';
import {
  CUTOFF_MS,
  honestEvidence,
  paidWith,
  caughtUp,
  SETTLE_LIMIT_MS,
} from '../testing/evidence.fixture.js';
import * as order from './i09-order.js';

const DAY_MS = 24 * 3_600_000;
const [first] = honestEvidence().published;
const before = { ...first!, eventId: 'event-before', paymentId: 'before', offset: 5n };
const effectsHappenInOrder = (evidence: Evidence) =>
  order.effectsHappenInOrder([...order.orderedEvents(evidence)]);
const clean = { violated: [], late: [] };

/**
 * Two payments of alice: `before` at offset 5, `paid` at offset 7. The effect of `paid` is first.
 */
function overtaken(consumer: ConsumerName, changes: Partial<Evidence> = {}): Evidence {
  const honest = honestEvidence();
  const firsts = new Map([
    ['paid', 1],
    ['before', 2],
  ]);
  return {
    ...honest,
    payments: aliceAnd(honest.payments),
    published: [before, first!],
    firstEffects: { ...honest.firstEffects, [consumer]: firsts },
    ...changes,
  };
}

const aliceAnd = (payments: Evidence['payments'], change: object = {}): Evidence['payments'] =>
  new Map([...payments, ['before', { ...honestEvidence().payments.get('paid')!, ...change }]]);

describe('I9: effects of a user first happen in the order of the payments', () => {
  it.each([
    ['email', 'was mailed its receipt'],
    ['loyalty', 'was awarded its points'],
    ['search', 'was indexed'],
  ] as const)('names the payment whose effect at %s overtook an earlier one', (consumer, what) => {
    const why = `${what} before before at offset 5, committed before it (paid at offset 7)`;
    expect(effectsHappenInOrder(overtaken(consumer)).violated).toEqual([
      { id: 'paid', kind: 'other', why },
    ]);
  });

  it('accepts effects in order, and effects with the same time', () => {
    for (const beforeAt of [0, 1]) {
      const firsts = new Map([
        ['before', beforeAt],
        ['paid', 1],
      ]);
      const firstEffects = { ...honestEvidence().firstEffects, loyalty: firsts };
      expect(effectsHappenInOrder(overtaken('loyalty', { firstEffects }))).toMatchObject(clean);
    }
  });

  it('names each payment that overtook, not the payment that was overtaken', () => {
    const third = { ...first!, eventId: 'event-third', paymentId: 'third', offset: 9n };
    const evidence = overtaken('loyalty');
    evidence.payments.set('third', evidence.payments.get('paid')!);
    evidence.published.push(third);
    // before (5), paid (7), third (9); awarded as paid, third, before.
    evidence.firstEffects.loyalty = new Map([
      ['paid', 1],
      ['third', 2],
      ['before', 3],
    ]);
    const named = effectsHappenInOrder(evidence).violated.map(({ id }) => id);
    expect(named).toEqual(['paid', 'third']);
  });

  it.each(CONSUMERS)('does not compare two users at %s', (consumer) => {
    const payments = aliceAnd(honestEvidence().payments, { userId: 'bob' });
    expect(effectsHappenInOrder(overtaken(consumer, { payments }))).toMatchObject(clean);
  });

  it('judges by the first record of an event that was published again after a crash', () => {
    // The second copy of `before` is after `paid`, and changes nothing.
    const again = { ...before, offset: 11n };
    const published = [before, first!, again];
    const named = effectsHappenInOrder(overtaken('email', { published })).violated;
    expect(named.map(({ id }) => id)).toEqual(['paid']);
    const inOrder = {
      ...honestEvidence().firstEffects,
      email: new Map(Object.entries({ before: 1, paid: 2 })),
    };
    expect(
      effectsHappenInOrder(overtaken('email', { published, firstEffects: inOrder })),
    ).toMatchObject(clean);
  });

  it.each(['before', 'paid'])('accepts an overtaking if payment %s has a dead letter', (dead) => {
    const letters = new Map([[dead, [{ original: 'payment.completed/3-5', redriveCount: 0 }]]]);
    const withLetter = (consumer: ConsumerName) => ({
      ...honestEvidence().progress,
      [consumer]: caughtUp({ deadLetters: letters }),
    });
    const ours = overtaken('email', { progress: withLetter('email') });
    expect(effectsHappenInOrder(ours)).toMatchObject(clean);
    const anothers = overtaken('email', { progress: withLetter('search') });
    expect(effectsHappenInOrder(anothers).violated).toHaveLength(1);
  });

  it('does not judge documents that a reindex may have written', () => {
    const { completedAtMs } = honestEvidence().payments.get('paid')!;
    const reindexedBeforeMs = completedAtMs + 1;
    expect(effectsHappenInOrder(overtaken('search', { reindexedBeforeMs }))).toMatchObject(clean);
    expect(effectsHappenInOrder(overtaken('email', { reindexedBeforeMs })).violated).toHaveLength(
      1,
    );
    const earlier = { reindexedBeforeMs: completedAtMs };
    expect(effectsHappenInOrder(overtaken('search', earlier)).violated).toHaveLength(1);
  });

  it('does not judge an event whose first record may have left the topic', () => {
    const payments = aliceAnd(paidWith({}), { completedAtMs: CUTOFF_MS - 3 * DAY_MS - 1 });
    expect(effectsHappenInOrder(overtaken('loyalty', { payments }))).toMatchObject(clean);
  });

  it('does not judge a payment younger than the settle limit', () => {
    const young = { completedAtMs: CUTOFF_MS - SETTLE_LIMIT_MS };
    const payments = aliceAnd(paidWith(young), young);
    expect(effectsHappenInOrder(overtaken('loyalty', { payments })).checked).toBe(0);
  });

  it('does not compare offsets of two partitions', () => {
    const published = [{ ...before, partition: 1 }, first!];
    expect(effectsHappenInOrder(overtaken('loyalty', { published }))).toMatchObject(clean);
  });

  it('leaves a missing effect to I6, I7 and I8', () => {
    const firstEffects = { email: new Map(), loyalty: new Map(), search: new Map() };
    const evidence = overtaken('loyalty', { firstEffects });
    expect(effectsHappenInOrder(evidence)).toEqual({ checked: 0, ...clean });
  });
});
