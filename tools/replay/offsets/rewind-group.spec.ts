import { PAYMENT_COMPLETED as topic } from '@effectively-once/contracts';
import type { GroupMember } from '@effectively-once/kafka';
import { rewindGroup, START_AGAIN_AFTER_MS, type RewindOptions } from './rewind-group.js';

const member: GroupMember = { clientId: 'loyalty-2', host: '10.0.0.7', partitions: [] };

let events: string[];
let members: GroupMember[];
let interrupted: AbortController;
beforeEach(() => {
  events = [];
  members = [];
  interrupted = new AbortController();
});

const run = (changes: Partial<RewindOptions> = {}) =>
  rewindGroup({
    consumer: 'loyalty',
    rewinds: [{ partition: 3, from: 20n, end: 50n }],
    control: {
      stop: async (name, startAgainAfterMs) =>
        void events.push(`stop ${name} ${startAgainAfterMs}`),
      start: async (name) => void events.push(`start ${name}`),
    },
    group: {
      state: async () => ({
        members,
        positions: [{ topic, partition: 3, committed: 55n, start: 0n, end: 60n }],
      }),
      setOffsets: async (offsets) => void events.push(`set ${[...offsets].join()}`),
    },
    signal: interrupted.signal,
    onStep: () => undefined,
    now: () => 0,
    ...changes,
  });

it('stops the consumer with a deadline, sets the offsets, and starts it', async () => {
  const rewinds = await run();
  expect(events).toEqual([`stop loyalty ${START_AGAIN_AFTER_MS}`, 'set 3,20', 'start loyalty']);
  // Up to what the members had committed at their end: more than when the plan was made.
  expect(rewinds).toEqual([{ partition: 3, from: 20n, end: 55n }]);
});

it('waits until the last member has left the group', async () => {
  members = [member];
  const state = { positions: [] };
  let looks = 0;
  const group = {
    state: async () => ({ ...state, members: looks++ < 2 ? [member] : [] }),
    setOffsets: async () => void events.push(`set after ${looks} looks`),
  };
  await run({ group });
  expect(events).toContain('set after 3 looks');
});

it('starts it again when the offsets are refused', async () => {
  const group = {
    state: async () => ({ members: [], positions: [] }),
    setOffsets: () => Promise.reject(new Error('the broker is away')),
  };
  await expect(run({ group })).rejects.toThrow('the broker is away');
  expect(events.at(-1)).toBe('start loyalty');
});

it('starts it again when it is interrupted, and sets nothing', async () => {
  interrupted.abort(new Error('interrupted'));
  await expect(run()).rejects.toThrow('interrupted');
  expect(events).toEqual([`stop loyalty ${START_AGAIN_AFTER_MS}`, 'start loyalty']);
});

it('sets nothing close to the deadline: the supervisor may have started it', async () => {
  let nowMs = 0;
  const now = () => (nowMs += START_AGAIN_AFTER_MS);
  await expect(run({ now })).rejects.toThrow('took too long to stop; its offsets are unchanged');
  expect(events).toEqual([`stop loyalty ${START_AGAIN_AFTER_MS}`, 'start loyalty']);
});

it('does not start a consumer that another command has stopped', async () => {
  const control = {
    stop: () => Promise.reject(new Error('another command has stopped loyalty already')),
    start: async () => void events.push('start'),
  };
  await expect(run({ control })).rejects.toThrow('another command');
  expect(events).toEqual([]);
});
