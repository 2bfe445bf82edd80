import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PaymentCompleted } from '@effectively-once/contracts';
import fc from 'fast-check';
import { IdempotencyCollision, LeaseHeld } from '../failure.js';
import type { Applied, IdempotencyStrategy } from '../idempotency-strategy.js';

/** A strategy with its store, as the contract tests it. */
export interface Candidate<Context> {
  /** The strategy of a new process. It shares only the store with the others. */
  strategy: () => IdempotencyStrategy<PaymentCompleted, Context>;
  effect: (payment: PaymentCompleted, context: Context) => Promise<void>;
  /** How often external systems have seen the effect of this payment. */
  timesDone: (payment: PaymentCompleted) => Promise<number>;
  /** All stored state of this payment. If it is equal before and after, nothing changed. */
  kept: (payment: PaymentCompleted) => Promise<unknown>;
  /** Every point where a kill makes a difference. */
  deaths: Death[];
  /** Lets the leases of a dead process expire. */
  letLeasesEnd?: (payment: PaymentCompleted) => Promise<void>;
  /** Whether there is evidence that this effect can happen more than once. */
  isOnRecord?: (payment: PaymentCompleted) => Promise<boolean>;
}

export interface Death {
  at: string;
  /** Delivers, and awaits `dies` at the point of death. Nothing runs after that. */
  deliver: (payment: PaymentCompleted, dies: () => Promise<never>) => Promise<unknown>;
  /** The effect is done and has no marker: the only point after which it can be repeated. */
  isWindow?: true;
}

/** A sentence of the contract. `check` rejects when the sentence is false. */
export interface Clause {
  sentence: string;
  check: () => Promise<void>;
}

const AT_ONCE = 20;
const RUNS = { numRuns: 15 };
const HELD_TRIES_MAX = 20_000;

/** The contract that all strategies share, as tests. */
export function provesIdempotency<Context>(candidate: Candidate<Context>): void {
  for (const { sentence, check } of clauses(candidate)) it(sentence, check);
}

/** The clauses of the contract, so that a spec can show that they fail for a wrong strategy. */
export function clauses<Context>(candidate: Candidate<Context>): Clause[] {
  const { deaths } = candidate;
  return [
    ...clausesOfRepeating(candidate),
    ...[{ userId: `mallory-${randomUUID()}` }, { amountMinor: 1 }, { currency: 'USD' }].map(
      (change) => collisionClause(candidate, change),
    ),
    {
      sentence: 'says of itself what a crash leaves to do',
      check: async () => {
        const windows = deaths.filter(({ isWindow }) => isWindow);
        const { crashAfterEffect } = candidate.strategy();
        expect(windows).toHaveLength(crashAfterEffect === 'may repeat' ? 1 : 0);
      },
    },
    ...deaths.map((death) => ({
      sentence: death.isWindow
        ? `killed ${death.at}: done again, after writing down that it may be`
        : `killed ${death.at}: done once`,
      check: async () => await survives(candidate, { deaths: [death], reachesEach: true }),
    })),
    {
      sentence: 'killed again and again: never lost, and repeated only as declared',
      check: async () =>
        await fc.assert(
          fc.asyncProperty(
            fc.array(fc.constantFrom(...deaths), { minLength: 2, maxLength: 4 }),
            async (sequence) => await survives(candidate, { deaths: sequence }),
          ),
          RUNS,
        ),
    },
  ];
}

function clausesOfRepeating<Context>(candidate: Candidate<Context>): Clause[] {
  const { strategy, timesDone, kept } = candidate;
  return [
    {
      sentence: 'an event is applied once; delivered again, it changes nothing',
      check: async () => {
        const payment = aPayment();
        expect(await deliver(candidate, payment)).toBe('applied');
        const before = await kept(payment);
        expect(await deliver(candidate, payment)).toBe('duplicate');
        expect(await kept(payment)).toEqual(before);
        expect(await timesDone(payment)).toBe(1);
      },
    },
    {
      sentence: 'an event delivered many times at once is applied once',
      check: async () => {
        const payment = aPayment();
        const deliveries = Array.from({ length: AT_ONCE }, () => deliver(candidate, payment));
        const outcomes = await Promise.all(deliveries);
        expect(outcomes.filter((outcome) => outcome === 'applied')).toHaveLength(1);
        expect(await timesDone(payment)).toBe(1);
      },
    },
    {
      sentence: 'in whatever order and however often events come, each is applied once',
      check: async () =>
        await fc.assert(
          fc.asyncProperty(fc.array(fc.nat(4), { maxLength: 30 }), async (order) => {
            const userId = `user-${randomUUID()}`;
            const payments = Array.from({ length: 5 }, () => aPayment({ userId }));
            const some = order.flatMap((index) => payments[index] ?? []);
            await Promise.all([...some, ...payments].map((one) => deliver(candidate, one)));
            for (const payment of payments) expect(await timesDone(payment)).toBe(1);
          }),
          RUNS,
        ),
    },
    {
      sentence: 'an effect that throws leaves nothing that looks like a duplicate',
      check: async () => {
        const payment = aPayment();
        const failure = new Error('the effect failed');
        const failing = strategy().once(payment, () => Promise.reject(failure));
        await expect(failing).rejects.toBe(failure);
        expect(await timesDone(payment)).toBe(0);
        expect(await deliver(candidate, payment)).toBe('applied');
        expect(await timesDone(payment)).toBe(1);
      },
    },
  ];
}

function collisionClause<Context>(
  candidate: Candidate<Context>,
  change: Partial<PaymentCompleted>,
): Clause {
  return {
    sentence: `the same payment with another ${Object.keys(change).join()} is a collision, and changes nothing`,
    check: async () => {
      const payment = aPayment();
      await deliver(candidate, payment);
      const before = await candidate.kept(payment);
      const collision = deliver(candidate, { ...payment, ...change });
      await expect(collision).rejects.toBeInstanceOf(IdempotencyCollision);
      expect(await candidate.kept(payment)).toEqual(before);
    },
  };
}

/** Kills these deliveries of one payment, then delivers it completely, and counts effects. */
async function survives<Context>(
  candidate: Candidate<Context>,
  { deaths, reachesEach = false }: { deaths: Death[]; reachesEach?: boolean },
): Promise<void> {
  const { timesDone, letLeasesEnd, isOnRecord } = candidate;
  const payment = aPayment();
  let repeats = 0;
  for (const death of deaths) {
    const end = await die(death, payment);
    if (reachesEach) expect(end).toBe('died');
    if (end === 'died' && death.isWindow) repeats += 1;
    await letLeasesEnd?.(payment);
  }
  await deliver(candidate, payment, async () => {
    if (repeats > 0) expect(await isOnRecord?.(payment)).toBe(true);
  });
  expect(await timesDone(payment)).toBe(1 + repeats);
}

async function die({ deliver }: Death, payment: PaymentCompleted): Promise<'died' | 'lived'> {
  return await new Promise((resolve, reject) => {
    const dies = () => {
      resolve('died');
      return new Promise<never>(() => undefined);
    };
    deliver(payment, dies).then(() => resolve('lived'), reject);
  });
}

/** Delivers as the runtime does: it tries again while another delivery holds the lease. */
async function deliver<Context>(
  { strategy, effect }: Candidate<Context>,
  payment: PaymentCompleted,
  beforeEffect: () => Promise<void> = async () => undefined,
): Promise<Applied> {
  const process = strategy();
  for (let tries = 0; tries < HELD_TRIES_MAX; tries += 1) {
    try {
      return await process.once(payment, async (context) => {
        await beforeEffect();
        await effect(payment, context);
      });
    } catch (error) {
      if (!(error instanceof LeaseHeld)) throw error;
      await nextTurn();
    }
  }
  throw new Error('the lease of another delivery did not end');
}

/** A payment of a user of its own. */
export function aPayment(changes: Partial<PaymentCompleted> = {}): PaymentCompleted {
  return {
    paymentId: randomUUID(),
    orderId: 'o-1',
    userId: `user-${randomUUID()}`,
    amountMinor: 1299,
    currency: 'EUR',
    completedAt: new Date().toISOString(),
    paymentVersion: 2,
    ...changes,
  };
}
