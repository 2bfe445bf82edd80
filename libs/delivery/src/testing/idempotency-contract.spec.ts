import { setImmediate as aRoundTrip } from 'node:timers/promises';
import type { PaymentCompleted } from '@effectively-once/contracts';
import { IdempotencyCollision } from '../failure.js';
import type { IdempotencyStrategy } from '../idempotency-strategy.js';
import { clauses, provesIdempotency, type Candidate, type Death } from './idempotency-contract.js';

// A contract is useful only if it refuses wrong strategies. Each strategy here has a mistake that
// occurs in practice. Each command of the store is one round trip.

type Strategy = IdempotencyStrategy<PaymentCompleted, void>;
type Declared = Strategy['crashAfterEffect'];

let markers: Map<string, PaymentCompleted>;
let done: Map<string, number>;

beforeEach(() => {
  markers = new Map();
  done = new Map();
});

const store = {
  get: async (id: string) => (await aRoundTrip(), markers.get(id)),
  set: async (id: string, payment: PaymentCompleted) => (
    await aRoundTrip(),
    markers.set(id, payment)
  ),
  /** Returns the marker if there is one, otherwise sets it. */
  setUnlessThere: async (id: string, payment: PaymentCompleted) => {
    await aRoundTrip();
    const before = markers.get(id);
    if (!before) markers.set(id, payment);
    return before;
  },
  /** Effect and marker in one transaction. */
  insert: async (payment: PaymentCompleted) => {
    await aRoundTrip();
    const before = markers.get(payment.paymentId);
    if (!before) {
      markers.set(payment.paymentId, payment);
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

/** The effect happens where `happens` is called. The process dies before, after, or at the end. */
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
    kept: async ({ paymentId }) => [markers.get(paymentId), done.get(paymentId)],
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

describe('effect and marker in one transaction', () => {
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
    kept: async ({ paymentId }) => [markers.get(paymentId), done.get(paymentId)],
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

it('refuses a strategy that reads first and sets the marker later: two can read at the same time', async () => {
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

it('refuses a strategy that sets the marker first: a crash, or an error, loses the effect', async () => {
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

it('refuses a strategy that repeats after a crash without evidence', async () => {
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

it('refuses a strategy that inserts without a conflict', async () => {
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

it('refuses a strategy that takes every known id for a duplicate', async () => {
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
