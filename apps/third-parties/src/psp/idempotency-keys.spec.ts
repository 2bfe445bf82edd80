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

  it('replay the stored answer, also a 500', () => {
    expect(keys.claim(request)).toBeNull();
    keys.remember(answered());
    keys.release(request);
    expect(keys.claim(request)).toEqual(answered());
  });

  it('refuse a concurrent request with the same key', () => {
    keys.claim(request);
    expect(() => keys.claim(request)).toThrow(
      expect.objectContaining({
        status: 409,
        error: expect.objectContaining({ code: 'idempotency_key_in_use' }),
      }),
    );
  });

  it('are free again if the first request was refused before its execution', () => {
    keys.claim(request);
    keys.release(request);
    expect(keys.claim(request)).toBeNull();
  });

  it.each([
    ['other parameters', { fingerprint: 'g' }],
    ['another endpoint', { endpoint: '/v1/refunds' }],
  ])('refuse %s, during and after the first request', (_what, other) => {
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

  it('are forgotten after 24 hours', () => {
    keys.remember(answered());
    nowMs = START + KEY_KEPT_MS - 1;
    expect(keys.claim(request)).not.toBeNull();
    nowMs = START + KEY_KEPT_MS;
    expect(keys.claim(request)).toBeNull();
  });

  it('are forgotten by age, also if a client uses an old key again', () => {
    const later = new Date(START + KEY_KEPT_MS).toISOString();
    const other = { ...request, idempotencyKey: 'other' };
    keys.remember(answered());
    keys.remember(answered(other));
    keys.remember(answered({ at: later }));
    nowMs = START + KEY_KEPT_MS;
    expect(keys.claim(request)).not.toBeNull();
    expect(keys.claim(other)).toBeNull();
  });

  it('do not affect a request without a key', () => {
    const keyless = { ...request, idempotencyKey: null };
    expect(keys.claim(keyless)).toBeNull();
    expect(keys.claim(keyless)).toBeNull();
  });
});
