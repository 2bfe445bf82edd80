import { isHeld } from '../../lab.js';
import { measureEvolution } from './evolution.js';

it('each change has the outcome that an interviewer can ask for', () => {
  const { table, claims } = measureEvolution();
  const [good, dead, wrong] = ['decoded', 'dead-lettered', 'silently wrong'];
  expect(Object.fromEntries(table.rows.map(([name, ...cells]) => [name, cells]))).toEqual({
    'add an optional field': [good, good, good, good],
    'add a required field': [good, dead, good, good],
    'rename a field': [good, dead, dead, good],
    'widen a type: number or text': [good, good, dead, good],
    'a new event type in the topic': [good, good, dead, good],
    'a new field that turns the meaning': [good, good, wrong, good],
    'another meaning of a field: major units': [good, wrong, wrong, good],
    'the same with a new schema version': [good, good, dead, good],
    'version 2: an amount with its currency': [good, good, dead, good],
  });
  expect(claims.every(isHeld)).toBe(true);
});
