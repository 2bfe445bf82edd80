import {
  CUTOFF_MS,
  honestEvidence,
  paidWith,
  SETTLE_LIMIT_MS,
} from '../testing/evidence.fixture.js';
import type { Evidence, PaymentRowStatus } from '../evidence/evidence.js';
import { everyPaymentIsFinalInTime } from './i04-settle-limit.js';

const TOO_LONG_MS = SETTLE_LIMIT_MS + 1_000;

describe('I4: no payment is open for longer than the settle limit', () => {
  const judge = (
    { status = 'UNKNOWN', ageMs = TOO_LONG_MS }: { status?: PaymentRowStatus; ageMs?: number },
    changes: Partial<Evidence> = {},
  ) => {
    const payments = paidWith({ status, createdAtMs: CUTOFF_MS - ageMs });
    return everyPaymentIsFinalInTime(honestEvidence({ payments, ...changes }));
  };
  const outage = (beganBeforeMs: number, endedBeforeMs: number) => ({
    fromMs: CUTOFF_MS - beganBeforeMs,
    untilMs: CUTOFF_MS - endedBeforeMs,
  });

  it.each<PaymentRowStatus>(['PENDING', 'UNKNOWN'])(
    'names a payment that is %s for longer than the settle limit',
    (status) => {
      expect(judge({ status })).toEqual({
        checked: 1,
        late: [],
        violated: [
          { id: 'paid', kind: 'other', why: `${status} for 121 s in which the PSP could be asked` },
        ],
      });
    },
  );

  it.each<PaymentRowStatus>(['COMPLETED', 'DECLINED', 'FAILED'])(
    'does not report a payment that is %s, however old',
    (status) => {
      expect(judge({ status })).toMatchObject({ violated: [], late: [] });
    },
  );

  it('does not report an open payment within the settle limit', () => {
    expect(judge({ ageMs: SETTLE_LIMIT_MS })).toMatchObject({ violated: [], late: [] });
  });

  it('does not count time in which the circuit to the PSP is open', () => {
    const withOutages = (...pspOutages: Evidence['pspOutages']) =>
      judge({}, { pspOutages }).violated;
    expect(withOutages(outage(60_000, 58_000))).toEqual([]);
    expect(withOutages(outage(60_000, 59_500))).toHaveLength(1);
    // Before the payment was made, and after the cut-off.
    expect(withOutages(outage(900_000, TOO_LONG_MS))).toHaveLength(1);
    expect(withOutages(outage(0, -900_000))).toHaveLength(1);
    // They do not change the effect of another outage.
    const longAgo = outage(900_000, 300_000);
    expect(withOutages(longAgo, outage(60_000, 58_000))).toEqual([]);
    // Only the part within the payment's life counts.
    expect(withOutages(outage(900_000, TOO_LONG_MS - 2_000))).toEqual([]);
  });

  it('counts overlapping outages of two processes once', () => {
    const pspOutages = [outage(60_000, 59_400), outage(60_000, 59_400), outage(59_700, 59_400)];
    expect(judge({}, { pspOutages }).violated).toHaveLength(1);
    expect(judge({}, { pspOutages: [...pspOutages, outage(50_000, 49_500)] }).violated).toEqual([]);
  });

  it('with a limit of 0, reports an open payment as late until the default limit', () => {
    const atRest = { settleLimitMs: 0 };
    expect(judge({ ageMs: 1 }, atRest)).toMatchObject({ violated: [], late: [{ id: 'paid' }] });
    expect(judge({}, atRest)).toMatchObject({ violated: [{ id: 'paid' }], late: [] });
  });
});
