import { Problem } from '@effectively-once/platform';
import fc from 'fast-check';
import type { CheckoutAnswer } from './checkout/checkout.js';
import type { CheckoutPoint } from './runtime/failure-points.js';
import { Crash, PaymentsWorld } from './testing/payments-world.js';
import type { Behaviour } from './testing/scripted-psp.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const COMPLETERS_WAIT_MAX_MS = 16 * SECOND_MS;

interface Request {
  user: string;
  key: string;
  order: string;
  amountMinor: number;
}

/** Few of each, so that they collide. */
const request: fc.Arbitrary<Request> = fc.record({
  user: fc.constantFrom('alice', 'bob'),
  key: fc.constantFrom('k1', 'k2', 'k3'),
  order: fc.constantFrom('o1', 'o2', 'o3'),
  amountMinor: fc.constantFrom(1299, 500),
});
const behaviour = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Behaviour>('pay') },
  fc.constantFrom<Behaviour>('decline', 'hang', 'reset', 'charge_then_hang', 'charge_then_reset'),
  fc.constantFrom<Behaviour>('error_500_stored', 'charge_then_error_500_stored', 'arrive_late'),
  fc.constantFrom<Behaviour>(
    { status: 429, type: 'rate_limit_error' },
    { status: 500, type: 'api_error' },
    { status: 400, type: 'invalid_request_error', code: 'resource_missing' },
    { status: 409, type: 'idempotency_error', code: 'idempotency_key_in_use' },
  ),
);
const crashAt = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  fc.constantFrom<CheckoutPoint>('after_claim', 'after_psp_answer', 'after_settle'),
);
const isPspAway = fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true));
const operation = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('pay' as const),
      request,
      times: fc.integer({ min: 1, max: 3 }),
      behaviour,
      crashAt,
      isPspAway,
      /** Its lease expires during the PSP request, and the completer calls the PSP too. */
      isOvertaken: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('complete' as const), behaviour, crashAt, isPspAway }),
  },
  fc.record({ do: fc.constant('hear a webhook' as const), which: fc.nat(5) }),
  fc.record({
    do: fc.constant('pass time' as const),
    ms: fc.constantFrom(SECOND_MS, 13 * SECOND_MS, 61 * SECOND_MS, 30 * MINUTE_MS),
  }),
  fc.record({
    do: fc.constant('set the clock' as const),
    ms: fc.constantFrom(-5 * MINUTE_MS, -30 * SECOND_MS, 30 * SECOND_MS, 5 * MINUTE_MS),
  }),
  fc.record({
    do: fc.constantFrom('restart', 'arrive', 'refund', 'forget', 'pass a day'),
  }),
);
type Operation = typeof operation extends fc.Arbitrary<infer O> ? O : never;

describe('whatever happens, in whatever order,', () => {
  let world: PaymentsWorld;
  beforeAll(async () => {
    world = await PaymentsWorld.create();
  }, 30_000);
  afterAll(async () => await world.destroy());

  /** What a client knows of a key: its body, and its final answer once the client has one. */
  type Promised = { body: string; final?: { status: number; bytes: string } };
  let promised: Map<string, Promised>;

  const nameOf = ({ user, key }: Request) => `${user} ${key}`;
  const bodyOf = ({ order, amountMinor }: Request) => `${order} ${amountMinor}`;

  async function ask(asked: Request): Promise<CheckoutAnswer | Problem | Crash> {
    const { user, key, order, amountMinor } = asked;
    try {
      return await world.checkout.pay({
        userId: user,
        tokenEmail: `${user}@example.com`,
        idempotencyKey: key,
        order: { orderId: order, amountMinor, currency: 'EUR', paymentMethod: 'pm_card_visa' },
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      });
    } catch (error) {
      if (error instanceof Problem || error instanceof Crash) return error;
      throw error;
    }
  }

  /** Compares an answer with the earlier answers of the key, and remembers it. */
  function hear(asked: Request, answer: CheckoutAnswer | Problem | Crash): void {
    const name = nameOf(asked);
    const before = promised.get(name);
    const isOtherBody = before !== undefined && before.body !== bodyOf(asked);
    const code = answer instanceof Problem ? answer.code : undefined;
    expect(code === 'idempotency_key_reused').toBe(isOtherBody);
    if (isOtherBody) return;
    if (answer instanceof Crash) {
      // The key is taken: every crash point is after the claim.
      promised.set(name, before ?? { body: bodyOf(asked) });
    } else if (answer instanceof Problem) {
      expect(['psp_unavailable', 'idempotency_in_flight', 'order_already_paid']).toContain(code);
      if (code === 'idempotency_in_flight') promised.set(name, before ?? { body: bodyOf(asked) });
      // No write: the key may be used for another order.
      else expect(before?.final).toBeUndefined();
      if (code === 'psp_unavailable') promised.delete(name);
    } else {
      const final = { status: answer.status, bytes: answer.body };
      if (before?.final) expect(final).toEqual(before.final);
      const isFinal = answer.status !== 202;
      promised.set(name, { body: bodyOf(asked), ...(isFinal ? { final } : {}) });
    }
  }

  async function pay({ request: asked, times }: { request: Request; times: number }) {
    const answers = await Promise.all(Array.from({ length: times }, () => ask(asked)));
    // In an order in which they can have happened: the last claim of the key is the last answer.
    const rank = (answer: CheckoutAnswer | Problem | Crash) => {
      if (answer instanceof Crash) return 2;
      if (!(answer instanceof Problem)) return answer.status === 202 ? 3 : 4;
      return answer.code === 'idempotency_in_flight' ? 0 : 1;
    };
    for (const answer of answers.sort((a, b) => rank(a) - rank(b))) hear(asked, answer);
  }

  async function apply(operation: Operation): Promise<void> {
    if ('behaviour' in operation) {
      world.psp.script.push(operation.behaviour);
      world.crashAt = operation.crashAt;
      await (operation.isPspAway ? world.psp.close() : world.psp.open());
    }
    switch (operation.do) {
      case 'pay':
        await Promise.all([pay(operation), operation.isOvertaken ? overtake() : undefined]);
        return;
      case 'complete':
        await world.passTime(COMPLETERS_WAIT_MAX_MS);
        await world.completer.run();
        return;
      case 'hear a webhook': {
        const capture = world.psp.captures[operation.which];
        if (!capture) return;
        const payment = await world.finalizer.payment(capture.paymentId);
        await world.finalizer.finalize(payment, { outcome: 'captured', pspReference: capture.id });
        return;
      }
      case 'pass time':
        return await world.passTime(operation.ms);
      case 'set the clock':
        return world.stepClock(operation.ms);
      case 'pass a day':
        return await passADay();
      case 'restart':
        return world.start();
      case 'arrive':
        return world.psp.arrive();
      case 'forget':
        return await world.forgetExpiredKeys();
      case 'refund':
        return await world.refunds.run();
      default:
        operation satisfies never;
    }
  }

  async function overtake(): Promise<void> {
    await world.passTime(13 * SECOND_MS);
    await world.completer.run();
  }

  /**
   * Afterwards a key may be used again. First every payment becomes final, as the completer does
   * it.
   */
  async function passADay(): Promise<void> {
    await comeToRest();
    await world.passTime(26 * HOUR_MS);
    await world.forgetExpiredKeys();
    promised.clear();
    expect(await world.rows('SELECT FROM payments.idempotency_keys')).toEqual([]);
  }

  /** All servers work again, and all requests on the network arrive. */
  async function comeToRest(): Promise<void> {
    await world.psp.open();
    world.psp.script.length = 0;
    world.crashAt = undefined;
    world.psp.arrive();
    for (let rounds = 0; rounds < 30; rounds += 1) {
      await world.passTime(20 * SECOND_MS);
      await world.completer.run();
      for (const { id, paymentId } of world.psp.captures) {
        const payment = await world.finalizer.payment(paymentId);
        await world.finalizer.finalize(payment, { outcome: 'captured', pspReference: id });
      }
      await world.refunds.run();
      const open = await world.rows(
        `SELECT FROM payments.payments WHERE status IN ('PENDING', 'UNKNOWN')
         UNION ALL SELECT FROM payments.refunds WHERE refunded_at IS NULL`,
      );
      if (open.length === 0) return;
    }
    throw new Error('payments or refunds stayed open');
  }

  it('no payment is lost, doubled or answered wrongly', async () => {
    await fc.assert(
      fc
        .asyncProperty(fc.array(operation, { minLength: 5, maxLength: 25 }), async (history) => {
          for (const step of history) {
            await apply(step).catch((error: unknown) => {
              // The process that receives the webhook may crash too.
              if (!(error instanceof Crash)) throw error;
            });
            world.crashAt = undefined;
            world.psp.script.length = 0;
          }
          await comeToRest();
          // Every key replays the answer of its payment, the same as before.
          for (const [name, { body }] of [...promised]) {
            const [user = '', key = ''] = name.split(' ');
            const [order = '', amount = ''] = body.split(' ');
            const asked = { user, key, order, amountMinor: Number(amount) };
            const answer = await ask(asked);
            hear(asked, answer);
            expect(answer).toMatchObject({ status: expect.any(Number), replayed: true });
          }
          expect(await world.findings()).toEqual([]);
          // There are refunds only for a request that reached the PSP after the payment was final.
          const late = history.filter(
            (step) => 'behaviour' in step && step.behaviour === 'arrive_late',
          );
          expect(world.psp.reversals.refunds.length).toBeLessThanOrEqual(late.length);
        })
        .beforeEach(async () => {
          promised = new Map();
          await world.begin();
        }),
      { numRuns: 60 },
    );
  });
});
