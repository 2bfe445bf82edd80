import { perConsumer } from '../evidence/assemble.js';
import {
  PARKED_KEYS_MAX,
  SLOT_LAG_MAX_BYTES,
  WINDOW_HELD_MAX,
  whatGrowsIsBounded,
  type Bounded,
} from './i12-bounds.js';

const atTheLimit = (): Bounded => ({
  slotLagBytes: SLOT_LAG_MAX_BYTES,
  windows: perConsumer(() => ({
    parkedKeys: PARKED_KEYS_MAX,
    records: new Map([['payment.completed/3', WINDOW_HELD_MAX]]),
  })),
});

describe('I12: what may grow is within its bounds', () => {
  it('is content at the very limits', () => {
    expect(whatGrowsIsBounded(atTheLimit())).toEqual({ checked: 8, violated: [], late: [] });
  });

  it('names the slot that holds back too much', () => {
    const bounded = { ...atTheLimit(), slotLagBytes: SLOT_LAG_MAX_BYTES + 1 };
    expect(whatGrowsIsBounded(bounded).violated).toEqual([
      { id: 'payments_outbox', why: expect.stringContaining('bytes of log held back') },
    ]);
  });

  it('names the slot that is gone', () => {
    const bounded = { ...atTheLimit(), slotLagBytes: undefined };
    expect(whatGrowsIsBounded(bounded).violated).toEqual([
      { id: 'payments_outbox', why: expect.stringContaining('there is no slot') },
    ]);
  });

  it('names the consumer with too many parked keys, and the one whose window is too large', () => {
    const bounded = atTheLimit();
    bounded.windows.email!.parkedKeys++;
    bounded.windows.search!.records.set('payment.completed/3', WINDOW_HELD_MAX + 1);
    expect(whatGrowsIsBounded(bounded).violated).toEqual([
      { id: 'email', why: expect.stringContaining('parked keys') },
      { id: 'search', why: expect.stringContaining('in the window of payment.completed/3') },
    ]);
  });

  it('calls a consumer late that does not answer', () => {
    const bounded = atTheLimit();
    bounded.windows.loyalty = undefined;
    expect(whatGrowsIsBounded(bounded)).toMatchObject({
      violated: [],
      late: [{ id: 'loyalty', why: 'does not say how full its windows are' }],
    });
  });
});
