import type { PaymentRowStatus, StoredResponse } from '../evidence/evidence.js';
import { honestEvidence, paidWith } from '../testing/evidence.fixture.js';
import { everyKeyHasOneResponse } from './i11-responses.js';

const [stored] = honestEvidence().storedResponses;
const judge = (status: PaymentRowStatus, ...changes: Partial<StoredResponse>[]) =>
  everyKeyHasOneResponse(
    honestEvidence({
      payments: paidWith({ status }),
      storedResponses: changes.map((change) => ({ ...stored!, ...change })),
    }),
  ).violated;

describe('I11: every key has one stored response, which agrees with its payment', () => {
  it.each<[PaymentRowStatus, Partial<StoredResponse>]>([
    ['COMPLETED', {}],
    ['DECLINED', { httpStatus: 402, bodyId: undefined, says: 'payment_declined' }],
    ['FAILED', { httpStatus: 402, bodyId: undefined, says: 'payment_failed' }],
  ])('accepts the response of a %s payment', (status, response) => {
    expect(judge(status, response)).toEqual([]);
  });

  it.each<[PaymentRowStatus, Partial<StoredResponse>, string]>([
    ['DECLINED', {}, '201 COMPLETED'],
    ['FAILED', { httpStatus: 402, says: 'payment_declined' }, '402 payment_declined'],
    ['COMPLETED', { httpStatus: 402, says: 'payment_failed' }, '402 payment_failed'],
    ['COMPLETED', { httpStatus: 200 }, '200 COMPLETED'],
    ['UNKNOWN', { httpStatus: 202, says: 'UNKNOWN' }, '202 UNKNOWN'],
    ['PENDING', {}, '201 COMPLETED'],
  ])('names a %s payment whose stored response says otherwise', (status, response, said) => {
    expect(judge(status, response)).toEqual([
      {
        id: 'paid',
        kind: 'other',
        why: `its stored response says ${said}, but the payment is ${status}`,
      },
    ]);
  });

  it('names a response about another payment', () => {
    expect(judge('COMPLETED', { bodyId: 'other' })).toHaveLength(1);
  });

  it('expects no response for an expired key', () => {
    expect(judge('COMPLETED')).toEqual([]);
  });

  it('names a key with a second stored response, even about another payment', () => {
    expect(judge('COMPLETED', { responsesOfKey: 2 })).toEqual([
      { id: 'paid', kind: 'doubled', why: 'its idempotency key has 2 stored responses' },
    ]);
  });

  it('names a payment with two captures, final or not', () => {
    const [capture] = honestEvidence().charges;
    const evidence = honestEvidence({
      payments: paidWith({ status: 'UNKNOWN' }),
      storedResponses: [],
      charges: [capture!, { ...capture!, id: 'pi_2' }],
    });
    expect(everyKeyHasOneResponse(evidence).violated).toEqual([
      { id: 'paid', kind: 'doubled', why: 'captured 2 times: charges pi_1, pi_2' },
    ]);
  });
});
