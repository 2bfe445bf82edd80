import fc from 'fast-check';
import type { PaymentEvidence } from '../../../../control-room/wire/evidence.js';
import { BUNDLE_BYTES_MAX, bundleOf } from './incident-bundle.js';
import { httpsLink, readBundle } from './read-bundle.js';

const AT = '2026-11-20T10:00:00.000Z';
const ID = '019aa000-0000-7000-8000-000000000001';
const VALUE = { paymentId: ID, orderId: 'order-1', userId: 'alice', amountMinor: 1299 };

const base64 = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64');

const evidence = (over: Partial<PaymentEvidence> = {}): PaymentEvidence => ({
  id: ID,
  userId: 'alice',
  orderId: 'order-1',
  status: 'COMPLETED',
  amountMinor: '1299',
  currency: 'EUR',
  createdAt: AT,
  completedAt: AT,
  effects: { email: 'done', loyalty: 'done', search: 'late' },
  version: 2,
  pspReference: 'pi_1',
  steps: [
    {
      id: 'claim',
      track: 'payments',
      title: 'claim',
      at: AT,
      until: null,
      source: 'idempotency_keys.created_at',
      outcome: 'ok',
      detail: null,
    },
  ],
  windows: [{ track: 'psp', title: 'w', from: AT, until: null, meaning: 'm' }],
  stores: [{ store: 'payments', source: 'SELECT', records: [{ status: 'COMPLETED', x: null }] }],
  judgement: {
    verdict: 'late',
    invariants: ['I1'],
    findings: [{ invariant: 'I8', status: 'late', kind: 'other', why: 'not there yet' }],
    judgedAt: AT,
    unreadable: [],
  },
  event: { headers: { ce_id: 'e-1' }, valueBase64: base64(VALUE) },
  ...over,
});

const exported = (over: Partial<PaymentEvidence> = {}) =>
  bundleOf(evidence(over), { exportedAt: AT, source: 'https://console.example/payments/1' });
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** The same bundle with another value at one place. */
function changed(path: string, value: unknown): Uint8Array {
  const bundle = JSON.parse(JSON.stringify(exported())) as Record<string, unknown>;
  const names = path.split('/');
  const last = names.pop() ?? '';
  const parent = names.reduce((at, name) => at[name] as Record<string, unknown>, bundle);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return bytesOf(bundle);
}

describe('an incident bundle', () => {
  it('holds the evidence as it was shown, and is read back', () => {
    const read = readBundle(bytesOf(exported()));
    expect(read).toEqual(exported());
    expect(read.evidence).toEqual(evidence());
  });

  it('holds no mail address and no token, whatever a text from outside says', () => {
    const secret = 'anna@example.com';
    const token = 'eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl';
    const bundle = exported({
      orderId: secret,
      steps: [{ ...evidence().steps[0]!, detail: `sent to <${secret}> with Bearer abc.def` }],
      stores: [{ store: 's', source: secret, records: [{ error: `refused: ${token}` }] }],
      event: {
        headers: { ce_id: 'e-1', 'x-from': secret, ce_subject: secret, authorization: 'Bearer x' },
        valueBase64: base64(VALUE),
      },
    });
    const text = JSON.stringify(bundle);
    expect(text).not.toMatch(/anna|eyJhbGciOi|abc\.def|authorization/);
    expect(bundle.evidence.event).toEqual({
      headers: { ce_id: 'e-1' },
      valueBase64: base64(VALUE),
    });
    expect(readBundle(bytesOf(bundle)).evidence.orderId).toBe('[removed]');
  });

  it.each([
    ['another field', { ...VALUE, receiptEmail: 'anna' }],
    ['a mail address in a field', { ...VALUE, orderId: 'anna@example.com' }],
    ['what is no JSON', 'anna'],
    ['what is no object', '"anna"'],
  ])('leaves out an event with %s, and never changes its bytes', (_, value) => {
    const { event } = exported({ event: { headers: {}, valueBase64: base64(value) } }).evidence;
    expect(event).toBeNull();
  });
});

describe('a hostile bundle', () => {
  it.each([
    ['a member too many', changed('token', 'x'), '/token is not known'],
    ['a member too few', changed('evidence/steps', undefined), '/evidence/steps is not there'],
    ['another format', changed('format', 'zip'), '/format is not effectively-once'],
    ['a version of tomorrow', changed('version', 2), '/version is not 1'],
    ['an inherited member', changed('evidence/status', 'toString'), '/evidence/status is not'],
    ['a track that does not exist', changed('evidence/steps/0/track', '__proto__'), '/0/track'],
    ['a time that is none', changed('evidence/steps/0/at', 'yesterday'), '/0/at is not a time'],
    ['a day that is none', changed('evidence/createdAt', '2026-99-99T99:99:99Z'), 'not a time'],
    ['an id with markup', changed('evidence/id', '<img src=x>'), '/evidence/id is not a payment'],
    ['a number for money', changed('evidence/amountMinor', 1e21), '/amountMinor is not an amount'],
    ['an endless text', changed('evidence/steps/0/detail', 'x'.repeat(2_001)), 'at most 2000'],
    ['endless steps', changed('evidence/steps', Array(2_001).fill(null)), 'at most 2000'],
    ['a list for an object', changed('evidence', []), '/evidence is not an object'],
    ['bytes that are no base64', changed('evidence/event/valueBase64', '<>'), 'is not base64'],
    ['bytes that are no text', new Uint8Array([0xff, 0xfe]), 'the file is not JSON'],
    ['half a bundle', bytesOf(exported()).subarray(0, 200), 'the file is not JSON'],
    ['nothing', new Uint8Array(), 'the file is not JSON'],
    ['more than 1 MB', new Uint8Array(BUNDLE_BYTES_MAX + 1), 'the file is not at most 1 MB'],
  ])('with %s is refused', (_, bytes, message) => {
    expect(() => readBundle(bytes)).toThrow(message);
  });

  it('is refused as a whole or read as it is, whatever it holds', () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
    console.log(`seed ${seed}`);
    const paths = ['version', 'source', 'evidence/steps/0/title', 'evidence/stores/0/records/0'];
    const any = fc.oneof(fc.jsonValue(), fc.constantFrom('__proto__', 'constructor', {}));
    fc.assert(
      fc.property(fc.constantFrom(...paths), any, (path, value) => {
        const bytes = changed(path, value);
        try {
          expect(readBundle(bytes)).toEqual(JSON.parse(new TextDecoder().decode(bytes)));
        } catch (error) {
          if ((error as Error).name !== 'Misshapen') throw error;
        }
      }),
      { seed, numRuns: 500 },
    );
  });

  it.each([
    ['https://console.example/payments/1', 'https://console.example/payments/1'],
    ['http://localhost:8080/payments/1', null],
    ['javascript:alert(1)', null],
    ['data:text/html,x', null],
    ['https://user:secret@evil.example/', null],
    ['//evil.example', null],
    ['', null],
  ])('with the source %s has the link %s', (source, link) => {
    expect(httpsLink(source)).toBe(link);
  });
});
