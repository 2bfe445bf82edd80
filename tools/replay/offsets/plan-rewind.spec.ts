import { PAYMENT_COMPLETED as topic } from '@effectively-once/contracts';
import { expiredRecords, planRewind, wantedOffset } from './plan-rewind.js';

const position = (partition: number, start: bigint, committed: bigint, end = 100n) => ({
  topic,
  partition,
  start,
  committed,
  end,
});
const at = (offset: bigint, partition = 0) => new Map([[partition, offset]]);

describe('a rewind', () => {
  it('goes back from the committed offset to the wanted one', () => {
    expect(planRewind([position(0, 0n, 50n)], at(20n))).toEqual([
      { partition: 0, from: 20n, end: 50n },
    ]);
  });

  it('begins at the first offset that the topic still has', () => {
    expect(planRewind([position(0, 30n, 50n)], at(20n))).toEqual([
      { partition: 0, from: 30n, end: 50n },
    ]);
  });

  it('never goes forward: that would skip records', () => {
    expect(planRewind([position(0, 0n, 50n)], at(50n))).toEqual([]);
    expect(planRewind([position(0, 0n, 50n)], at(70n))).toEqual([]);
  });

  it('leaves a partition alone of which nothing was committed or asked', () => {
    expect(planRewind([position(0, 0n, -1n), position(1, 0n, 50n)], at(20n))).toEqual([]);
  });
});

it('names what the group never completed and the topic has deleted', () => {
  const away = position(0, 40n, 10n);
  expect(expiredRecords([away, position(1, 40n, 40n), position(2, 40n, -1n)])).toEqual([
    { partition: 0, from: 10n, end: 40n },
  ]);
  expect(planRewind([away], at(0n))).toEqual([]);
});

describe('one offset', () => {
  const positions = [position(0, 30n, 50n), position(1, 30n, -1n)];
  it('is accepted between the first offset and the committed one', () => {
    expect(wantedOffset(positions, { partition: 0, offset: 30n })).toEqual(at(30n));
    expect(wantedOffset(positions, { partition: 0, offset: 50n })).toEqual(at(50n));
  });

  it.each([
    ['of a partition that is not there', 2, 30n, 'there is no partition 2; they are 0 to 1'],
    [
      'that the topic has deleted',
      0,
      29n,
      'no longer has offset 29 of partition 0.*--from-payments',
    ],
    ['behind the committed one', 0, 51n, 'behind the committed offset 50.*would skip records'],
    ['of a group without a committed one', 1, 30n, 'it begins at 30 by itself'],
  ])('%s is refused', (_, partition, offset, why) => {
    expect(() => wantedOffset(positions, { partition, offset })).toThrow(new RegExp(why));
  });
});
