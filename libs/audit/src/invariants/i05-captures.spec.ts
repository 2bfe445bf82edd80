import type { Charge, PaymentRowStatus, RefundDebt } from '../evidence/evidence.js';
import { CUTOFF_MS, honestEvidence, paidWith } from '../testing/evidence.fixture.js';
import { everyPaymentIsCapturedOnce } from './i05-captures.js';

const [captured] = honestEvidence().charges;
const charge = (changes: Partial<Charge>): Charge => ({ ...captured!, ...changes });
const judge = (...charges: Charge[]) => everyPaymentIsCapturedOnce(honestEvidence({ charges }));

describe('I5: the PSP holds one capture per completed payment', () => {
  it('names a completed payment that was never captured', () => {
    expect(judge().violated).toEqual([
      { id: 'paid', kind: 'lost', why: 'completed, but the PSP holds no capture for it' },
    ]);
  });

  it('names a payment that was captured twice', () => {
    expect(judge(captured!, charge({ id: 'pi_2' })).violated).toEqual([
      { id: 'paid', kind: 'doubled', why: 'captured 2 times: charges pi_1, pi_2' },
    ]);
  });

  it('accepts a second capture that was refunded', () => {
    const second = charge({ id: 'pi_2' });
    expect(judge(captured!, second, { ...second, status: 'refunded' }).violated).toEqual([]);
  });

  it('names a completed payment whose capture was refunded', () => {
    expect(judge(captured!, charge({ status: 'refunded' })).violated).toHaveLength(1);
  });

  it('does not count a declined charge', () => {
    expect(judge(charge({ id: 'pi_0', status: 'declined' }), captured!).violated).toEqual([]);
  });

  it.each([
    ['amount', charge({ amountMinor: 1300 }), 'captured 1300 EUR'],
    ['currency', charge({ currency: 'USD' }), 'captured 1299 USD'],
  ])('names a payment captured with another %s', (_, wrong, said) => {
    expect(judge(wrong).violated).toEqual([
      { id: 'paid', kind: 'other', why: `${said}, but the payment is 1299 EUR` },
    ]);
  });

  it.each<PaymentRowStatus>(['PENDING', 'UNKNOWN'])(
    'reports the capture of a %s payment as late',
    (status) => {
      const evidence = honestEvidence({ payments: paidWith({ status }) });
      expect(everyPaymentIsCapturedOnce(evidence)).toMatchObject({
        violated: [],
        late: [{ id: 'paid', kind: 'other', why: `captured, but the payment is still ${status}` }],
      });
    },
  );

  it('accepts the capture of a payment that completed during the audit', () => {
    const evidence = honestEvidence({
      payments: paidWith({ status: 'PENDING' }),
      laterStatuses: new Map([['paid', 'COMPLETED']]),
    });
    expect(everyPaymentIsCapturedOnce(evidence)).toMatchObject({ violated: [], late: [] });
  });

  it('names a capture without any payment', () => {
    const charges = [captured!, charge({ id: 'pi_2', paymentId: 'unknown' })];
    expect(judge(...charges, charge({ id: 'pi_3', paymentId: undefined })).violated).toEqual([
      { id: 'pi_3', kind: 'other', why: 'the PSP captured it without a payment id' },
      { id: 'unknown', kind: 'other', why: 'captured, but there is no such payment' },
    ]);
  });

  it('reports a capture of a failed payment as late until the settle limit, then as violated', () => {
    const payments = paidWith({ status: 'FAILED' });
    const fresh = charge({ atMs: CUTOFF_MS - 1 });
    const late = everyPaymentIsCapturedOnce(honestEvidence({ payments, charges: [fresh] }));
    expect(late).toMatchObject({ violated: [], late: [{ id: 'paid' }] });
    const violated = everyPaymentIsCapturedOnce(honestEvidence({ payments }));
    expect(violated).toMatchObject({
      violated: [
        { id: 'paid', kind: 'other', why: 'captured and not refunded, but the payment is FAILED' },
      ],
    });
  });

  describe('the capture of a failed payment', () => {
    const payments = paidWith({ status: 'FAILED' });
    const debt = (status: RefundDebt['status'], refundId?: string) =>
      new Map([[captured!.id, { status, refundId: refundId ?? null }]]);
    const refundOf = (status: Charge['status'], refundId = 're_1') => charge({ status, refundId });
    const outcome = (charges: Charge[], laterDebts = debt('owed')) => {
      const { violated, late } = everyPaymentIsCapturedOnce(
        honestEvidence({ payments, charges: [captured!, ...charges], laterDebts }),
      );
      return [...violated.map(() => 'violated'), ...late.map(() => 'late')].join() || 'ok';
    };

    it('is late while payments pursues its refund, however long', () => {
      expect(outcome([])).toBe('late');
      expect(outcome([], debt('pending', 're_1'))).toBe('late');
      expect(outcome([], new Map())).toBe('violated');
      expect(outcome([], debt('succeeded', 're_1'))).toBe('violated');
    });

    it('is settled when an operator has closed its refund as paid in another way', () => {
      expect(outcome([], debt('paid_otherwise'))).toBe('ok');
      const cameBack = [refundOf('refund_pending'), refundOf('refund_failed')];
      expect(outcome(cameBack, debt('paid_otherwise'))).toBe('ok');
    });

    it('is late while its refund is pending at the PSP', () => {
      expect(outcome([refundOf('refund_pending')], new Map())).toBe('late');
      expect(outcome([refundOf('refund_pending'), refundOf('refunded')])).toBe('ok');
    });

    it.each<[string, Charge[]]>([
      ['was pending', [refundOf('refund_pending'), refundOf('refund_failed')]],
      ['had succeeded', [refundOf('refunded'), refundOf('refund_failed')]],
    ])('is violated when a refund that %s came back, until it is owed again', (_, charges) => {
      expect(outcome(charges, debt('succeeded', 're_1'))).toBe('violated');
      expect(outcome(charges, debt('pending', 're_1'))).toBe('violated');
      expect(outcome(charges, new Map())).toBe('violated');
      expect(outcome(charges, debt('owed'))).toBe('late');
      expect(outcome(charges, debt('pending', 're_2'))).toBe('late');
      expect(outcome([...charges, refundOf('refunded', 're_2')])).toBe('ok');
    });
  });
});
