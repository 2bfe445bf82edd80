import { honestEvidence, paidBut } from '../evidence.fixture.js';
import { everyPaymentHasItsDocument } from './documents.js';

const judge = (documents: Map<string, number[]>) =>
  everyPaymentHasItsDocument(honestEvidence({ documents })).violated;

describe('I8: every payment has one document of its version, and no other is there', () => {
  it('names a payment without a document', () => {
    expect(judge(new Map())).toEqual([
      {
        id: 'paid',
        why: 'no document, though search has settled its event at partition 3, offset 7',
      },
    ]);
  });

  it('names a document of another version', () => {
    expect(judge(new Map([['paid', [1]]]))).toEqual([
      { id: 'paid', why: 'its document has version 1, the payment 2' },
    ]);
  });

  it('names a payment with two documents', () => {
    expect(judge(new Map([['paid', [2, 2]]]))).toEqual([{ id: 'paid', why: 'has 2 documents' }]);
  });

  it('names a document without a payment', () => {
    const documents = new Map([
      ['paid', [2]],
      ['nobody', [2]],
    ]);
    expect(judge(documents)).toEqual([
      { id: 'nobody', why: 'has a document, but there is no such payment' },
    ]);
  });

  it('names a document of a payment that failed', () => {
    const evidence = honestEvidence({ payments: paidBut({ status: 'FAILED' }) });
    expect(everyPaymentHasItsDocument(evidence).violated).toEqual([
      { id: 'paid', why: 'has a document, but the payment is FAILED' },
    ]);
  });
});
