import { IdempotencyKeys, KEY_KEPT_MS } from './idempotency-keys.js';
import type { KeyedRequest, PspRecord } from './psp-record.js';

const START = Date.parse('2026-01-01T00:00:00Z');
const request: KeyedRequest = {
  idempotencyKey: 'k',
  endpoint: '/v1/payment_intents',
  fingerprint: 'f',
};

function answered(more: Partial<PspRecord> = {}): PspRecord {
  return {
    ...request,
    requestId: 'req_1',
    at: new Date(START).toISOString(),
    status: 500,
    body: { error: { type: 'api_error', message: 'broken' } },
    charge: null,
    ...more,
  };
}

describe("the PSP's idempotency keys", () => {
  let nowMs: number;
  let keys: IdempotencyKeys;
  beforeEach(() => {
    nowMs = START;
    keys = new IdempotencyKeys(() => new Date(nowMs));
  });

  it('answer a repetition with what was stored, a 500 too', () => {
    expect(keys.claim(request)).toBeNull();
    keys.remember(answered());
    keys.release(request);
    expect(keys.claim(request)).toEqual(answered());
  });

  it('refuse a twin while the first is being executed', () => {
    keys.claim(request);
    expect(() => keys.claim(request)).toThrow(
      expect.objectContaining({
        status: 409,
        error: expect.objectContaining({ code: 'idempotency_key_in_use' }),
      }),
    );
  });

  it('are free again when the first was refused before it was executed', () => {
    keys.claim(request);
    keys.release(request);
    expect(keys.claim(request)).toBeNull();
  });

  it.each([
    ['other parameters', { fingerprint: 'g' }],
    ['another endpoint', { endpoint: '/v1/refunds' }],
  ])('refuse %s, in flight or answered', (_what, other) => {
    const reused = expect.objectContaining({
      status: 400,
      error: expect.objectContaining({ type: 'idempotency_error' }),
    });
    keys.claim(request);
    expect(() => keys.claim({ ...request, ...other })).toThrow(reused);
    keys.remember(answered());
    keys.release(request);
    expect(() => keys.claim({ ...request, ...other })).toThrow(reused);
  });

  it('are kept for 24 hours and then forgotten', () => {
    keys.remember(answered());
    nowMs = START + KEY_KEPT_MS - 1;
    expect(keys.claim(request)).not.toBeNull();
    nowMs = START + KEY_KEPT_MS;
    expect(keys.claim(request)).toBeNull();
  });

  it('are forgotten by age also when an old key has come again', () => {
    const later = new Date(START + KEY_KEPT_MS).toISOString();
    const other = { ...request, idempotencyKey: 'other' };
    keys.remember(answered());
    keys.remember(answered(other));
    keys.remember(answered({ at: later }));
    nowMs = START + KEY_KEPT_MS;
    expect(keys.claim(request)).not.toBeNull();
    expect(keys.claim(other)).toBeNull();
  });

  it('do not bother a request without one', () => {
    const keyless = { ...request, idempotencyKey: null };
    expect(keys.claim(keyless)).toBeNull();
    expect(keys.claim(keyless)).toBeNull();
  });
});
