import { honestEvidence, paidBut } from '../testing/evidence.fixture.js';
import { everyPaymentIsReceipted } from './i07-receipts.js';

const judge = (receipts: number, declared: number) =>
  everyPaymentIsReceipted(
    honestEvidence({
      receipts: new Map([['paid', receipts]]),
      maybeDuplicates: new Map([['paid', declared]]),
    }),
  );

describe('I7: every payment was mailed a receipt, a second only if declared', () => {
  it('names a payment without a receipt', () => {
    const evidence = honestEvidence({ receipts: new Map() });
    expect(everyPaymentIsReceipted(evidence).violated).toEqual([
      {
        id: 'paid',
        why: 'no receipt, though email has settled its event at partition 3, offset 7',
      },
    ]);
  });

  it('names a second receipt nobody declared', () => {
    expect(judge(2, 0).violated).toEqual([
      { id: 'paid', why: 'was mailed 2 receipts, with maybe_duplicate evidence for 0' },
    ]);
  });

  it('allows a second receipt that was declared', () => {
    expect(judge(2, 1).violated).toEqual([]);
  });

  it('does not let one declaration cover two further receipts', () => {
    expect(judge(3, 1).violated).toHaveLength(1);
  });

  it('asks for no second receipt because one was declared', () => {
    expect(judge(1, 1).violated).toEqual([]);
  });

  it('names a receipt for a payment that was declined', () => {
    const evidence = honestEvidence({ payments: paidBut({ status: 'DECLINED' }) });
    expect(everyPaymentIsReceipted(evidence).violated).toEqual([
      { id: 'paid', why: 'was mailed a receipt, but the payment is DECLINED' },
    ]);
  });

  it('leaves alone a mail about a payment that is not ours', () => {
    const receipts = new Map([
      ['paid', 1],
      ['somebody-elses', 2],
    ]);
    expect(everyPaymentIsReceipted(honestEvidence({ receipts })).violated).toEqual([]);
  });
});
