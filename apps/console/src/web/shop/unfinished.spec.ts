import { forgetUnfinished, keepUnfinished, unfinishedPayments } from './unfinished.js';

const body = { orderId: 'o', amountMinor: 1, currency: 'EUR', paymentMethod: 'pm_card_visa' };
const payment = (idempotencyKey: string, sentAtMs = 1_000) => ({
  idempotencyKey,
  customer: 'alice',
  body,
  sentAtMs,
});

function storage(text: string | null = null) {
  let stored = text;
  return {
    getItem: () => stored,
    setItem: (_name: string, value: string) => void (stored = value),
  };
}

const keys = (store: ReturnType<typeof storage>, nowMs = 2_000) =>
  unfinishedPayments(store, nowMs).map(({ idempotencyKey }) => idempotencyKey);

describe('unfinished payments', () => {
  it('are kept until their final answer, newest first', () => {
    const store = storage();
    keepUnfinished(store, payment('a'));
    keepUnfinished(store, payment('b'));
    keepUnfinished(store, payment('a'));
    expect(keys(store)).toEqual(['a', 'b']);
    forgetUnfinished(store, 'a', 2_000);
    expect(keys(store)).toEqual(['b']);
  });

  it('are ten at most, and not older than what payments remembers', () => {
    const store = storage();
    for (let count = 0; count < 12; count += 1) keepUnfinished(store, payment(`k${count}`));
    expect(keys(store)).toHaveLength(10);
    expect(keys(store, 24 * 3_600_000)).toEqual([]);
  });

  it.each([null, '', '{', '7', '[7,null,{}]', '[{"idempotencyKey":"a"}]'])(
    'are none if %j is stored',
    (text) => {
      expect(unfinishedPayments(storage(text), 0)).toEqual([]);
    },
  );
});
