import { setImmediate as aRoundTrip } from 'node:timers/promises';
import type { PaymentCompleted } from '@effectively-once/contracts';
import { IdempotencyCollision } from '../failure.js';
import type { IdempotencyStrategy } from '../idempotency-strategy.js';
import { clauses, provesIdempotency, type Candidate, type Death } from './idempotency-contract.js';

// The contract is worth what it refuses. These strategies are wrong in the ways that are found in the
// wild, over a store whose every command is one round trip.

type Strategy = IdempotencyStrategy<PaymentCompleted, void>;
type Declared = Strategy['crashAfterEffect'];

let marks: Map<string, PaymentCompleted>;
let done: Map<string, number>;

beforeEach(() => {
  marks = new Map();
  done = new Map();
});

const store = {
  get: async (id: string) => (await aRoundTrip(), marks.get(id)),
  set: async (id: string, payment: PaymentCompleted) => (
    await aRoundTrip(),
    marks.set(id, payment)
  ),
  /** The mark if there is one; else makes it. */
  setUnlessThere: async (id: string, payment: PaymentCompleted) => {
    await aRoundTrip();
    const before = marks.get(id);
    if (!before) marks.set(id, payment);
    return before;
  },
  /** Effect and mark in one transaction. */
  insert: async (payment: PaymentCompleted) => {
    await aRoundTrip();
    const before = marks.get(payment.paymentId);
    if (!before) {
      marks.set(payment.paymentId, payment);
      happen(payment);
    }
    return before;
  },
};

const happen = ({ paymentId }: PaymentCompleted) =>
  void done.set(paymentId, (done.get(paymentId) ?? 0) + 1);

function duplicate(payment: PaymentCompleted, before: PaymentCompleted): 'duplicate' {
  const fields = (['userId', 'amountMinor', 'currency'] as const).filter(
    (field) => payment[field] !== before[field],
  );
  if (fields.length > 0) throw new IdempotencyCollision(fields);
  return 'duplicate';
}

/** A strategy whose effect happens where `happens` is called; it dies before, after, and at the end. */
function candidate(
  crashAfterEffect: Declared,
  once: (
    payment: PaymentCompleted,
    happens: () => Promise<void>,
  ) => Promise<'applied' | 'duplicate'>,
): Candidate<void> {
  const deaths: Death[] = [
    {
      at: 'before the effect',
      deliver: (payment, dies) => once(payment, dies),
    },
    {
      at: 'after the effect',
      deliver: (payment, dies) =>
        once(payment, async () => {
          happen(payment);
          await dies();
        }),
    },
  ];
  const effect = async (payment: PaymentCompleted) => (await aRoundTrip(), happen(payment));
  return {
    strategy: () => ({ crashAfterEffect, once: (payment, run) => once(payment, () => run()) }),
    effect,
    timesDone: async ({ paymentId }) => done.get(paymentId) ?? 0,
    kept: async ({ paymentId }) => [marks.get(paymentId), done.get(paymentId)],
    deaths,
  };
}

async function broken(wrong: Candidate<void>): Promise<string[]> {
  const sentences: string[] = [];
  for (const { sentence, check } of clauses(wrong)) {
    await check().catch(() => sentences.push(sentence));
  }
  return sentences;
}

describe('effect and mark in one transaction', () => {
  const entry: Candidate<{ declare: () => void }> = {
    strategy: () => ({
      crashAfterEffect: 'never repeats',
      once: async (payment, effect) => {
        await effect({ declare: () => undefined });
        const before = await store.insert(payment);
        return before ? duplicate(payment, before) : 'applied';
      },
    }),
    effect: async (_, unit) => unit.declare(),
    timesDone: async ({ paymentId }) => done.get(paymentId) ?? 0,
    kept: async ({ paymentId }) => [marks.get(paymentId), done.get(paymentId)],
    deaths: [
      { at: 'before the transaction', deliver: (_, dies) => dies() },
      {
        at: 'after the transaction',
        deliver: async (payment, dies) => {
          await store.insert(payment);
          await dies();
        },
      },
    ],
  };
  provesIdempotency(entry);
});

it('finds out who looks and then marks: two look at the same time', async () => {
  const lookThenMark = candidate('never repeats', async (payment, happens) => {
    const before = await store.get(payment.paymentId);
    if (before) return duplicate(payment, before);
    await happens();
    await store.set(payment.paymentId, payment);
    return 'applied';
  });
  await expect(broken(lookThenMark)).resolves.toEqual([
    'an event delivered many times at once is applied once',
    'in whatever order and however often events come, each is applied once',
    'killed after the effect: done once',
    'killed again and again: never lost, and repeated only as declared',
  ]);
});

it('finds out who marks first: a crash, or an error, loses the effect', async () => {
  const markThenSend = candidate('never repeats', async (payment, happens) => {
    const before = await store.setUnlessThere(payment.paymentId, payment);
    if (before) return duplicate(payment, before);
    await happens();
    return 'applied';
  });
  await expect(broken(markThenSend)).resolves.toEqual([
    'an effect that throws leaves nothing that looks like a duplicate',
    'killed before the effect: done once',
    'killed again and again: never lost, and repeated only as declared',
  ]);
});

it('finds out who repeats after a crash without writing down that it may', async () => {
  const silent = candidate('may repeat', async (payment, happens) => {
    const before = await store.get(payment.paymentId);
    if (before) return duplicate(payment, before);
    await happens();
    await store.set(payment.paymentId, payment);
    return 'applied';
  });
  const window = silent.deaths.map((death) =>
    death.at === 'after the effect' ? { ...death, isWindow: true as const } : death,
  );
  await expect(broken({ ...silent, deaths: window })).resolves.toContain(
    'killed after the effect: done again, after writing down that it may be',
  );
  await expect(broken(silent)).resolves.toContain('says of itself what a crash leaves to do');
});

it('finds out who inserts without a conflict', async () => {
  const plain = candidate('never repeats', async (payment, happens) => {
    await happens();
    await store.set(payment.paymentId, payment);
    return 'applied';
  });
  await expect(broken(plain)).resolves.toEqual(
    expect.arrayContaining([
      'an event is applied once; delivered again, it changes nothing',
      'an event delivered many times at once is applied once',
      'the same payment with another amountMinor is a collision, and changes nothing',
    ]),
  );
});

it('finds out who takes every known id for a duplicate', async () => {
  const blind = candidate('never repeats', async (payment, happens) => {
    const before = await store.setUnlessThere(payment.paymentId, payment);
    if (before) return 'duplicate';
    await happens();
    return 'applied';
  });
  await expect(broken(blind)).resolves.toEqual(
    expect.arrayContaining([
      'the same payment with another userId is a collision, and changes nothing',
      'the same payment with another amountMinor is a collision, and changes nothing',
      'the same payment with another currency is a collision, and changes nothing',
    ]),
  );
});
