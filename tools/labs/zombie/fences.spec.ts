import { isHeld } from '../lab.js';
import { judgeFence, zombieClaims, type ZombieRound } from './fences.js';

const round = (fence: ZombieRound['fence'], effects: number): ZombieRound => ({
  fence,
  effects,
  isCommitRefused: true,
  frozenMs: 10,
  successorDoneMs: 7_000,
  wokenMs: 7_010,
  lateMs: 7_020,
});

it('counts lost and doubled rounds of one fence only', () => {
  const rounds = [round('no fence', 2), round('no fence', 1), round('no fence', 0)];
  expect(judgeFence('no fence', [...rounds, round('inbox row', 2)])).toEqual({
    fence: 'no fence',
    rounds: 3,
    lost: 1,
    doubled: 1,
    commitsRefused: 3,
    frozenMaxMs: 7_000,
  });
});

it('the store must stop every zombie, and without it every round must double', () => {
  const broken = (rounds: ZombieRound[]) =>
    zombieClaims([judgeFence(rounds[0]!.fence, rounds)]).filter((claim) => !isHeld(claim)).length;
  expect(broken([round('no fence', 2)])).toBe(0);
  expect(broken([round('no fence', 1)])).toBe(1);
  expect(broken([round('membership check', 2)])).toBe(0);
  expect(broken([round('fence in the store', 1)])).toBe(0);
  expect(broken([round('fence in the store', 2)])).toBe(1);
  expect(broken([round('inbox row', 0)])).toBe(1);
  expect(broken([{ ...round('inbox row', 1), isCommitRefused: false }])).toBe(1);
});
