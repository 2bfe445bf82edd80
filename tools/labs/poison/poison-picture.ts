import { lineChart } from '../../bench/chart/line-chart.js';
import type { PoisonOutcome } from './judge-poison.js';
import type { PoisonPlan } from './plan.js';

/** Effects per second of each way, over the time of the run. */
export function poisonPicture(
  outcomes: readonly PoisonOutcome[],
  { poison, poisonAtS }: { poison: PoisonPlan['poison']; poisonAtS: number },
): string {
  return lineChart({
    title: 'One record that always fails',
    subtitle: `it belongs to ${poison.user} in partition ${poison.partition}; the other users have nothing to do with it`,
    x: { label: 'seconds since the start (s)' },
    y: { label: 'effects/s' },
    series: outcomes.map(({ way, perSecond }) => ({
      name: way,
      points: perSecond.map((count, second) => ({ x: second + 0.5, y: count })),
    })),
    marks: [{ x: poisonAtS, label: 'the bad record' }],
  });
}
