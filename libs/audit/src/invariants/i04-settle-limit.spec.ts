import {
  CUTOFF_MS,
  honestEvidence,
  paidBut,
  SETTLE_LIMIT_MS,
} from '../testing/evidence.fixture.js';
import type { Evidence, PaymentStatus } from '../evidence/evidence.js';
import { everyPaymentIsSettledInTime } from './i04-settle-limit.js';

const TOO_LONG_MS = SETTLE_LIMIT_MS + 1_000;

describe('I4', () => {
  const judge = (
    { status = 'UNKNOWN', ageMs = TOO_LONG_MS }: { status?: PaymentStatus; ageMs?: number },
    changes: Partial<Evidence> = {},
  ) => {
    const payments = paidBut({ status, createdAtMs: CUTOFF_MS - ageMs });
    return everyPaymentIsSettledInTime(honestEvidence({ payments, ...changes }));
  };
  const outage = (beganBeforeMs: number, endedBeforeMs: number) => ({
    fromMs: CUTOFF_MS - beganBeforeMs,
    untilMs: CUTOFF_MS - endedBeforeMs,
  });

  it.each<PaymentStatus>(['PENDING', 'UNKNOWN'])(
    'names a payment that is %s for longer than the settle limit',
    (status) => {
      expect(judge({ status })).toEqual({
        checked: 1,
        late: [],
        violated: [{ id: 'paid', why: `${status} for 121 s in which the PSP could be asked` }],
      });
    },
  );

  it.each<PaymentStatus>(['COMPLETED', 'DECLINED', 'FAILED'])(
    'has nothing to say of one that is %s, however old',
    (status) => {
      expect(judge({ status })).toMatchObject({ violated: [], late: [] });
    },
  );

  it('gives an open payment the settle limit', () => {
    expect(judge({ ageMs: SETTLE_LIMIT_MS })).toMatchObject({ violated: [], late: [] });
  });

  it('stops the clock while the circuit to the PSP is open, and only then', () => {
    const away = (...pspOutages: Evidence['pspOutages']) => judge({}, { pspOutages }).violated;
    expect(away(outage(60_000, 58_000))).toEqual([]);
    expect(away(outage(60_000, 59_500))).toHaveLength(1);
    // Before the payment was made, and after the cut-off.
    expect(away(outage(900_000, TOO_LONG_MS))).toHaveLength(1);
    expect(away(outage(0, -900_000))).toHaveLength(1);
    // Nor do those take anything off another one.
    const longAgo = outage(900_000, 300_000);
    expect(away(longAgo, outage(60_000, 58_000))).toEqual([]);
    // Half in its life counts half.
    expect(away(outage(900_000, TOO_LONG_MS - 2_000))).toEqual([]);
  });

  it('does not stop it twice when two processes had theirs open at once', () => {
    const pspOutages = [outage(60_000, 59_400), outage(60_000, 59_400), outage(59_700, 59_400)];
    expect(judge({}, { pspOutages }).violated).toHaveLength(1);
    expect(judge({}, { pspOutages: [...pspOutages, outage(50_000, 49_500)] }).violated).toEqual([]);
  });

  it('asked whether the system is at rest, calls an open payment late until the limit', () => {
    const atRest = { settleLimitMs: 0 };
    expect(judge({ ageMs: 1 }, atRest)).toMatchObject({ violated: [], late: [{ id: 'paid' }] });
    expect(judge({}, atRest)).toMatchObject({ violated: [{ id: 'paid' }], late: [] });
  });
});
