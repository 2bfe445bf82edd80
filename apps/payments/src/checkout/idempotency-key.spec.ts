import { fingerprint, idempotencyKey } from './idempotency-key.js';

describe('an Idempotency-Key', () => {
  it('is the same bare and quoted', () => {
    expect(idempotencyKey('Order_1.a:b-c')).toBe('Order_1.a:b-c');
    expect(idempotencyKey('"Order_1.a:b-c"')).toBe('Order_1.a:b-c');
  });

  it.each([undefined, ''])('is required: %j', (header) => {
    expect(() => idempotencyKey(header)).toThrow(
      expect.objectContaining({ code: 'idempotency_key_required' }),
    );
  });

  it.each(['""', '"a', 'a"', 'a b', 'a,b', '"a";p=1', 'ä', 'k'.repeat(256)])(
    'is refused when malformed: %j',
    (header) => {
      expect(() => idempotencyKey(header)).toThrow(
        expect.objectContaining({ code: 'idempotency_key_malformed' }),
      );
    },
  );
});

describe('the fingerprint of a body', () => {
  it('does not see the order of its members', () => {
    expect(fingerprint({ a: 1, b: { c: 'ä', d: [1, 2] } })).toBe(
      fingerprint({ b: { d: [1, 2], c: 'ä' }, a: 1 }),
    );
  });

  it('sees every value', () => {
    expect(fingerprint({ a: 1 })).not.toBe(fingerprint({ a: 2 }));
    expect(fingerprint({ a: [1, 2] })).not.toBe(fingerprint({ a: [2, 1] }));
  });
});
