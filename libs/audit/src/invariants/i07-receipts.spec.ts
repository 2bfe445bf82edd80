import { honestEvidence, paidWith } from '../testing/evidence.fixture.js';
import { everyPaymentHasItsReceipts } from './i07-receipts.js';

const judge = (receipts: number, declared: number) =>
  everyPaymentHasItsReceipts(
    honestEvidence({
      receipts: new Map([['paid', receipts]]),
      maybeDuplicates: new Map([['paid', declared]]),
    }),
  );

describe('I7: every payment has a receipt, a second one only if declared before', () => {
  it('names a payment without a receipt', () => {
    const evidence = honestEvidence({ receipts: new Map() });
    expect(everyPaymentHasItsReceipts(evidence).violated).toEqual([
      {
        id: 'paid',
        kind: 'lost',
        why: 'no receipt, though email has completed its event at partition 3, offset 7',
      },
    ]);
  });

  it('names a second receipt that email did not declare', () => {
    expect(judge(2, 0).violated).toEqual([
      {
        id: 'paid',
        kind: 'doubled',
        why: 'was mailed 2 receipts, with maybe_duplicate evidence for 0',
      },
    ]);
  });

  it('allows a second receipt that was declared', () => {
    expect(judge(2, 1).violated).toEqual([]);
  });

  it('does not let one declaration cover two further receipts', () => {
    expect(judge(3, 1).violated).toHaveLength(1);
  });

  it('does not expect a second receipt after a declaration', () => {
    expect(judge(1, 1).violated).toEqual([]);
  });

  it('names a receipt for a declined payment', () => {
    const evidence = honestEvidence({ payments: paidWith({ status: 'DECLINED' }) });
    expect(everyPaymentHasItsReceipts(evidence).violated).toEqual([
      { id: 'paid', kind: 'other', why: 'was mailed a receipt, but the payment is DECLINED' },
    ]);
  });

  it('ignores a mail about a payment of another system', () => {
    const receipts = new Map([
      ['paid', 1],
      ['of-another-system', 2],
    ]);
    expect(everyPaymentHasItsReceipts(honestEvidence({ receipts })).violated).toEqual([]);
  });
});
