import type { LaneState, PartitionState } from '@effectively-once/contracts';
import { inSeconds, isIdle, lanesOf, waitingTotals, uncommitted } from './what-waits.js';

const lane = (offset: string, over: Partial<LaneState> = {}): LaneState => ({
  key: `user-${offset}`,
  offset,
  paymentId: null,
  attempts: 1,
  attemptsMax: 5,
  nextAttemptAt: null,
  error: null,
  isParked: false,
  waitingRecords: 0,
  ...over,
});
const partition = (over: Partial<PartitionState> = {}): PartitionState => ({
  topic: 'payment.completed',
  partition: 0,
  watermark: '9007199254740995',
  committed: '9007199254740993',
  isPaused: false,
  inFlight: 0,
  lanes: [],
  ...over,
});

describe('what waits in a consumer', () => {
  it('is the parked lanes first, then the lane that holds the watermark', () => {
    const lanes = [
      lane('9007199254740999'),
      lane('9007199254740995'),
      lane('9007199254740998', { isParked: true, waitingRecords: 2 }),
    ];
    const shown = lanesOf(partition({ lanes }));
    expect(shown.map(({ offset }) => offset.slice(-2))).toEqual(['98', '95', '99']);
    expect(shown.map(({ holdsWatermark }) => holdsWatermark)).toEqual([false, true, false]);
    const report = { consumer: 'email' as const, at: '', circuits: [] };
    expect(waitingTotals({ ...report, partitions: [partition({ lanes, inFlight: 3 })] })).toEqual({
      partitions: 1,
      inFlight: 3,
      parked: 1,
      waiting: 2,
      paused: 0,
    });
  });

  it('counts what is completed and not committed exactly, above 2^53 too', () => {
    expect(uncommitted(partition())).toBe('2');
    expect(uncommitted(partition({ committed: null }))).toBeNull();
  });

  it('is nothing in a partition that has committed all', () => {
    expect(isIdle(partition({ committed: '9007199254740995' }))).toBe(true);
    expect(isIdle(partition())).toBe(false);
    expect(isIdle(partition({ committed: null, isPaused: true }))).toBe(false);
  });

  it('never counts down below zero', () => {
    const nowMs = Date.parse('2026-11-20T10:00:00.000Z');
    expect(inSeconds('2026-11-20T10:00:07.100Z', nowMs)).toBe('in 8 s');
    expect(inSeconds('2026-11-20T09:59:00.000Z', nowMs)).toBe('now');
  });
});
