import { honestEvidence, paidWith } from '../testing/evidence.fixture.js';
import { everyPaymentHasItsDocument } from './i08-documents.js';

const document = { version: 2, userId: 'alice', amountMinor: 1299, currency: 'EUR' };
const judge = (documents: Map<string, (typeof document)[]>) =>
  everyPaymentHasItsDocument(honestEvidence({ documents })).violated;

describe('I8: every payment has one document of its version and amount, and no other', () => {
  it('names a payment without a document', () => {
    expect(judge(new Map())).toEqual([
      {
        id: 'paid',
        kind: 'lost',
        why: 'no document, though search has completed its event at partition 3, offset 7',
      },
    ]);
  });

  it('names a document of another version', () => {
    expect(judge(new Map([['paid', [{ ...document, version: 1 }]]]))).toEqual([
      { id: 'paid', kind: 'other', why: 'its document has version 1, the payment 2' },
    ]);
  });

  it.each([
    [{ userId: 'bob' }, '1299 EUR of user bob'],
    [{ amountMinor: 1300 }, '1300 EUR of user alice'],
    [{ currency: 'USD' }, '1299 USD of user alice'],
  ])('names a document of the same version that has another %j', (change, what) => {
    expect(judge(new Map([['paid', [{ ...document, ...change }]]]))).toEqual([
      {
        id: 'paid',
        kind: 'other',
        why: `its document is for ${what}, the payment 1299 EUR of user alice`,
      },
    ]);
  });

  it('names a payment with two documents', () => {
    expect(judge(new Map([['paid', [document, document]]]))).toEqual([
      { id: 'paid', kind: 'doubled', why: 'has 2 documents' },
    ]);
  });

  it('names a document without a payment', () => {
    const documents = new Map([
      ['paid', [document]],
      ['unknown', [document]],
    ]);
    expect(judge(documents)).toEqual([
      { id: 'unknown', kind: 'other', why: 'has a document, but there is no such payment' },
    ]);
  });

  it('names a document of a failed payment', () => {
    const evidence = honestEvidence({ payments: paidWith({ status: 'FAILED' }) });
    expect(everyPaymentHasItsDocument(evidence).violated).toEqual([
      { id: 'paid', kind: 'other', why: 'has a document, but the payment is FAILED' },
    ]);
  });
});
