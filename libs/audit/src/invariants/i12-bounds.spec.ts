import { perConsumer } from '../evidence/assemble.js';
import {
  PARKED_KEYS_MAX,
  SLOT_LAG_MAX_BYTES,
  IN_FLIGHT_ALARM,
  resourcesAreBounded,
  type BoundedResources,
} from './i12-bounds.js';

const atTheLimit = (): BoundedResources => ({
  slotLagBytes: SLOT_LAG_MAX_BYTES,
  consumers: perConsumer(() => ({
    parkedKeys: PARKED_KEYS_MAX,
    inFlightRecords: new Map([['payment.completed/3', IN_FLIGHT_ALARM]]),
  })),
});

describe('I12: everything that may grow is within its bounds', () => {
  it('accepts sizes exactly at the limits', () => {
    expect(resourcesAreBounded(atTheLimit())).toEqual({ checked: 8, violated: [], late: [] });
  });

  it('names a slot that retains too much log', () => {
    const bounded = { ...atTheLimit(), slotLagBytes: SLOT_LAG_MAX_BYTES + 1 };
    expect(resourcesAreBounded(bounded).violated).toEqual([
      {
        id: 'payments_outbox',
        kind: 'other',
        why: expect.stringContaining('bytes of log held back'),
      },
    ]);
  });

  it('names a missing slot', () => {
    const bounded = { ...atTheLimit(), slotLagBytes: undefined };
    expect(resourcesAreBounded(bounded).violated).toEqual([
      { id: 'payments_outbox', kind: 'other', why: expect.stringContaining('there is no slot') },
    ]);
  });

  it('names a consumer with too many parked keys, and one with too many records in flight', () => {
    const bounded = atTheLimit();
    bounded.consumers.email!.parkedKeys++;
    bounded.consumers.search!.inFlightRecords.set('payment.completed/3', IN_FLIGHT_ALARM + 1);
    expect(resourcesAreBounded(bounded).violated).toEqual([
      { id: 'email', kind: 'other', why: expect.stringContaining('parked keys') },
      {
        id: 'search',
        kind: 'other',
        why: expect.stringContaining('in flight of payment.completed/3'),
      },
    ]);
  });

  it('reports a consumer as late that does not answer', () => {
    const bounded = atTheLimit();
    bounded.consumers.loyalty = undefined;
    expect(resourcesAreBounded(bounded)).toMatchObject({
      violated: [],
      late: [{ id: 'loyalty', kind: 'other', why: 'does not report how many records it holds' }],
    });
  });
});
