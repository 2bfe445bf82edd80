import { withFailurePoints, type DeliveryPoint } from './failure-points.js';
import type { IdempotencyStrategy } from '../idempotency-strategy.js';

let story: string[];
beforeEach(() => (story = []));

const strategy: IdempotencyStrategy<string, number> = {
  crashAfterEffect: 'may repeat',
  once: async (_, effect) => {
    story.push('claim');
    await effect(42);
    story.push('marker');
    return 'applied';
  },
};
const effect = async (context: number) => void story.push(`effect with ${context}`);
const died = new Error('died');
const dieAt = (place: DeliveryPoint) => (point: DeliveryPoint) => {
  if (point === place) throw died;
};

it('the failure points are around the effect, inside the strategy', async () => {
  const pointed = withFailurePoints(strategy, (point) => void story.push(point));
  await expect(pointed.once('event', effect)).resolves.toBe('applied');
  expect(story).toEqual([
    'claim',
    'before_effect',
    'effect with 42',
    'after_effect_before_mark',
    'marker',
  ]);
  expect(pointed.crashAfterEffect).toBe('may repeat');
});

it('a crash before the effect does nothing; a crash after it leaves no marker', async () => {
  const before = withFailurePoints(strategy, dieAt('before_effect'));
  await expect(before.once('event', effect)).rejects.toBe(died);
  expect(story).toEqual(['claim']);
  const after = withFailurePoints(strategy, dieAt('after_effect_before_mark'));
  await expect(after.once('event', effect)).rejects.toBe(died);
  expect(story).toEqual(['claim', 'claim', 'effect with 42']);
});
