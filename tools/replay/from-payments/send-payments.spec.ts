import { rebuiltEventId } from './event-id.js';
import type { CompletedPayment } from './rebuilt-event.js';
import { sendPayments, type SendOptions } from './send-payments.js';

const payment = (number: number): CompletedPayment => ({
  paymentId: `01a1fe5f-8515-75bb-a270-${String(number).padStart(12, '0')}`,
  orderId: 'order',
  userId: 'alice',
  amountMinor: 1,
  currency: 'EUR',
  completedAt: '2026-11-20T12:00:00.000Z',
  paymentVersion: 2,
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
});
const [one, two, three] = [payment(1), payment(2), payment(3)];

async function* pagesOf(...pages: CompletedPayment[][]) {
  yield* pages;
}

const NONE = { absorbed: new Set<string>(), wouldRepeat: new Set<string>() };
let sentIds: unknown[];
let waitsMs: number[];
beforeEach(() => {
  sentIds = [];
  waitsMs = [];
});

const run = (changes: Partial<SendOptions> = {}) =>
  sendPayments({
    pages: pagesOf([one, two], [three]),
    readKnownEffects: async () => NONE,
    produce: {
      topic: 'redrive',
      ratePerS: 100,
      producer: {
        sendAll: async (_topic, messages) =>
          void sentIds.push(...messages.map(({ headers }) => headers['ce_id'])),
      },
    },
    onProgress: () => undefined,
    signal: new AbortController().signal,
    wait: async (ms) => void waitsMs.push(ms),
    ...changes,
  });

const idsOf = (...payments: CompletedPayment[]) =>
  payments.map(({ paymentId }) => rebuiltEventId(paymentId));

it('sends every payment in order, and counts those that will be absorbed', async () => {
  const absorbed = new Set([two.paymentId]);
  const sent = await run({ readKnownEffects: async () => ({ ...NONE, absorbed }) });
  expect(sent).toEqual({ sent: 3, absorbed: 1, leftOut: { count: 0, ids: [] } });
  expect(sentIds).toEqual(idsOf(one, two, three));
});

it('leaves out a receipt that would be mailed a second time', async () => {
  const wouldRepeat = new Set([two.paymentId]);
  const sent = await run({ readKnownEffects: async () => ({ ...NONE, wouldRepeat }) });
  expect(sent).toEqual({ sent: 2, absorbed: 0, leftOut: { count: 1, ids: [two.paymentId] } });
  expect(sentIds).toEqual(idsOf(one, three));
});

it('sends nothing of a page whose effects are not known', async () => {
  const unknown = async (ids: readonly string[]) => {
    if (ids.includes(three.paymentId)) throw new Error('the mail provider does not answer');
    return NONE;
  };
  await expect(run({ readKnownEffects: unknown })).rejects.toThrow('does not answer');
  expect(sentIds).toEqual(idsOf(one, two));
});

it('keeps to its rate', async () => {
  const producer = { sendAll: async () => undefined };
  const produce = { topic: 'redrive', ratePerS: 2, producer };
  await run({ pages: pagesOf([one, two, three]), produce });
  expect(waitsMs).toEqual([1_000, 500]);
});

it('a dry run counts the same and sends nothing', async () => {
  const dryRun = sendPayments({
    pages: pagesOf([one, two], [three]),
    readKnownEffects: async () => NONE,
    onProgress: () => undefined,
    signal: new AbortController().signal,
  });
  const counted = await dryRun;
  expect(sentIds).toEqual([]);
  expect(await run()).toEqual(counted);
});

it('stops between two batches when it is interrupted', async () => {
  const interrupted = new AbortController();
  const stopping = run({
    signal: interrupted.signal,
    wait: async () => interrupted.abort(new Error('interrupted')),
  });
  await expect(stopping).rejects.toThrow('interrupted');
  expect(sentIds).toEqual(idsOf(one, two));
});
