import { swimLanes, type SwimPanel } from '../../bench/chart/swim-lanes.js';
import { FENCES, type Fence, type ZombieRound } from './fences.js';

const S = 1_000;

/** The first round of each fence: two members over time, and what becomes of the late effect. */
export function zombiePicture(rounds: readonly ZombieRound[]): string {
  return swimLanes({
    title: 'A member wakes up after its session',
    subtitle: 'SIGSTOP between claim and effect, a successor, then SIGCONT: one round of each kind',
    xLabel: 'seconds since the first claim (s)',
    panels: FENCES.flatMap((fence) => panelsOf(fence, rounds)),
  });
}

function panelsOf(fence: Fence, rounds: readonly ZombieRound[]): SwimPanel[] {
  const [round] = rounds.filter((one) => one.fence === fence);
  if (!round) return [];
  const isDoubled = round.effects > 1;
  return [
    {
      title: fence,
      lanes: [
        {
          name: 'first member',
          spans: [{ from: round.frozenMs / S, to: round.wokenMs / S, label: 'frozen' }],
          moments: [
            {
              at: round.lateMs / S,
              label: isDoubled ? 'effect: doubled' : 'effect refused',
              isRefused: !isDoubled,
            },
          ],
        },
        {
          name: 'successor',
          spans: [
            {
              from: round.frozenMs / S,
              to: round.successorDoneMs / S,
              label: 'joins, waits for the session of the other member, works',
            },
          ],
          moments: [{ at: round.successorDoneMs / S, label: 'effect' }],
        },
      ],
    },
  ];
}
