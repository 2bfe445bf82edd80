import { DELIVERY_POINTS } from '@effectively-once/delivery';
import { DEPENDENCIES } from '../test-runner/proxies/proxies.js';
import { FAULTS, titleOf } from './fault.js';

const titles = FAULTS.map(titleOf);

it('every fault has a unique name, which --only can select', () => {
  expect(new Set(titles).size).toBe(titles.length);
});

it('every server of a consumer can refuse and hang', () => {
  for (const dependency of DEPENDENCIES) {
    expect(titles).toEqual(expect.arrayContaining([`refuse ${dependency}`, `hang ${dependency}`]));
  }
});

it('email can be killed at every failure point; the others at all but after_effect_before_mark', () => {
  const pointsOf = (consumer: string) =>
    FAULTS.flatMap((fault) =>
      fault.kind === 'kill -9 at' && fault.consumer === consumer ? [fault.point] : [],
    );
  expect(pointsOf('email')).toEqual(DELIVERY_POINTS);
  const others = DELIVERY_POINTS.filter((point) => point !== 'after_effect_before_mark');
  expect([pointsOf('loyalty'), pointsOf('search')]).toEqual([others, others]);
});
