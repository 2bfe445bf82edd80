import { randomFrom } from '../../faults/random.js';
import { isHeld } from '../lab.js';
import {
  incidentAges,
  judgeWindow,
  onAKeptClock,
  windowClaims,
  windowOf,
  type Redelivery,
} from './redeliveries.js';

it('an incident has ages of minutes, hours and days, and the same for the same seed', () => {
  const ages = incidentAges(randomFrom(3), 2_000);
  expect(Math.min(...ages)).toBeGreaterThan(0);
  expect(Math.max(...ages)).toBeGreaterThan(72);
  expect(Math.max(...ages)).toBeLessThanOrEqual(140);
  expect(ages).toEqual(incidentAges(randomFrom(3), 2_000));
});

it('the window is longer than the worst observed age', () => {
  expect(windowOf([1, 100, 20])).toBe(125);
});

const redelivered = (ageHours: number, effects: number): Redelivery => ({ ageHours, effects });

it('compares the doubled share with the share that is older than the marker', () => {
  const some = [redelivered(1, 1), redelivered(30, 2), redelivered(50, 2), redelivered(2, 1)];
  expect(judgeWindow({ name: '24 h', ttlHours: 24 }, some)).toEqual({
    name: '24 h',
    ttlHours: 24,
    redeliveries: 4,
    older: 0.5,
    doubled: 0.5,
    lost: 0,
  });
});

describe('a machine that stands still for longer than the margin', () => {
  const windows = [{ ttlHours: 24 }, { ttlHours: 125 }];
  const incident = (stallMs: number) => {
    const clocks: number[] = [];
    const redeliver = async (msPerHour: number) => {
      clocks.push(msPerHour);
      return windows.map(() => [redelivered(100 + stallMs / msPerHour, 1)]);
    };
    return { clocks, redeliver };
  };

  it('repeats the incident on a slower clock, until the ages are those that were drawn', async () => {
    const { clocks, redeliver } = incident(1_500);
    const [, [longest] = []] = await onAKeptClock(40, windows, redeliver);
    expect(clocks).toEqual([40, 80]);
    expect(longest?.ageHours).toBeLessThan(125);
  });

  it('repeats nothing when the clock was kept', async () => {
    const { clocks, redeliver } = incident(0);
    await onAKeptClock(40, windows, redeliver);
    expect(clocks).toEqual([40]);
  });

  it('ends with the late redeliveries when no clock is slow enough, so that the claim fails', async () => {
    const { clocks, redeliver } = incident(1_500);
    const late = async (msPerHour: number) => {
      await redeliver(msPerHour);
      return windows.map(() => [redelivered(200, 2)]);
    };
    await expect(onAKeptClock(40, windows, late)).resolves.toEqual([
      [redelivered(200, 2)],
      [redelivered(200, 2)],
    ]);
    expect(clocks).toEqual([40, 80, 160, 320]);
  });
});

it('a marker that recognises too little or too much refutes the claim', () => {
  const longest = judgeWindow({ name: '125 h', ttlHours: 125 }, [redelivered(1, 1)]);
  const broken = (...redeliveries: Redelivery[]) =>
    windowClaims([judgeWindow({ name: '24 h', ttlHours: 24 }, redeliveries), longest]).filter(
      (claim) => !isHeld(claim),
    ).length;
  expect(broken(redelivered(30, 2), redelivered(1, 1))).toBe(0);
  expect(broken(redelivered(30, 2), redelivered(1, 2))).toBe(1);
  // It doubles less than it must, so nothing shows that the marker expired.
  expect(broken(redelivered(30, 1), redelivered(1, 1))).toBe(2);
  expect(broken(redelivered(30, 2), redelivered(1, 0))).toBe(1);
});
