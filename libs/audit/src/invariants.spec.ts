import type { Evidence } from './evidence/evidence.js';
import {
  CUTOFF_MS,
  honestEvidence,
  paidWith,
  SETTLE_LIMIT_MS,
} from './testing/evidence.fixture.js';
import { PAYMENT_INVARIANTS, USER_INVARIANTS } from './invariants.js';
import { orderedEvents } from './invariants/i09-order.js';
import { statusOf } from './report.js';

const INVARIANTS = [
  ...PAYMENT_INVARIANTS,
  ...USER_INVARIANTS.map(({ judge, ...invariant }) => ({
    ...invariant,
    judge: (evidence: Evidence) => judge([...orderedEvents(evidence)]),
  })),
];

describe('the invariants together', () => {
  it.each(INVARIANTS)('$id is ok for a payment that has reached every store', ({ judge }) => {
    const judgement = judge(honestEvidence());
    expect({ status: statusOf(judgement), checked: judgement.checked > 0 }).toEqual({
      status: 'ok',
      checked: true,
    });
  });

  it.each(INVARIANTS)('$id is ok for a system without payments', ({ judge }) => {
    const nothing = honestEvidence({
      payments: new Map(),
      outbox: [],
      storedResponses: [],
      published: [],
      pointsEntries: new Map(),
      receipts: new Map(),
      documents: new Map(),
      firstEffects: { email: new Map(), loyalty: new Map(), search: new Map() },
      charges: [],
      dlqRecords: new Map(),
      deadLetterRows: new Map(),
      redriveRecords: new Map(),
    });
    expect(judge(nothing)).toEqual({ checked: 0, violated: [], late: [] });
  });

  it.each(INVARIANTS)('$id does not judge a payment younger than the settle limit', (invariant) => {
    const young = honestEvidence({
      payments: paidWith({ completedAtMs: CUTOFF_MS - SETTLE_LIMIT_MS }),
      outbox: invariant.id === 'I2' ? [] : honestEvidence().outbox,
      slotPassedSnapshot: false,
      pointsEntries: new Map(),
      receipts: new Map(),
      documents: new Map(),
    });
    expect(statusOf(invariant.judge(young))).toBe('ok');
  });
});
