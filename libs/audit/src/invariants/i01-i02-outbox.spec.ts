import { CUTOFF_MS, honestEvidence, paidWith } from '../testing/evidence.fixture.js';
import { everyOutboxRowHasItsPayment, everyPaymentHasOneOutboxRow } from './i01-i02-outbox.js';

const DAY_MS = 24 * 3_600_000;

describe('I1: every completed payment has exactly one outbox row', () => {
  it('names a payment without an outbox row', () => {
    expect(everyPaymentHasOneOutboxRow(honestEvidence({ outbox: [] })).violated).toEqual([
      {
        id: 'paid',
        kind: 'lost',
        why: 'completed, but has no outbox row: no consumer learns of it',
      },
    ]);
  });

  it('names a payment with two outbox rows, and both events', () => {
    const [row] = honestEvidence().outbox;
    const outbox = [row!, { ...row!, eventId: 'second' }];
    expect(everyPaymentHasOneOutboxRow(honestEvidence({ outbox })).violated).toEqual([
      { id: 'paid', kind: 'doubled', why: 'has 2 outbox rows: events event, second' },
    ]);
  });

  it('expects no row for a payment older than the outbox retention', () => {
    const payments = paidWith({ completedAtMs: CUTOFF_MS - 3 * DAY_MS });
    expect(everyPaymentHasOneOutboxRow(honestEvidence({ payments, outbox: [] }))).toEqual({
      checked: 0,
      violated: [],
      late: [],
    });
  });

  it('expects no row for a declined payment', () => {
    const payments = paidWith({ status: 'DECLINED' });
    expect(everyPaymentHasOneOutboxRow(honestEvidence({ payments, outbox: [] })).violated).toEqual(
      [],
    );
  });
});

describe('I2: every outbox row belongs to a completed payment', () => {
  it('names a row without a payment by the payment it claims', () => {
    const { violated } = everyOutboxRowHasItsPayment(honestEvidence({ payments: new Map() }));
    expect(violated).toEqual([
      { id: 'paid', kind: 'other', why: 'outbox row event: there is no such payment' },
    ]);
  });

  it('names a row whose payment never completed', () => {
    const payments = paidWith({ status: 'UNKNOWN' });
    const { violated } = everyOutboxRowHasItsPayment(honestEvidence({ payments }));
    expect(violated).toEqual([
      { id: 'paid', kind: 'other', why: 'outbox row event: its payment is UNKNOWN' },
    ]);
  });
});
