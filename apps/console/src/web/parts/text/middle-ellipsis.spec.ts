import { middleEllipsis } from './middle-ellipsis.js';

it.each([
  ['short', 10, 'short'],
  ['exactly-10', 10, 'exactly-10'],
  ['01a1fe5f-8515-75bb-a270-f20b00a0dde7', 13, '01a1fe…a0dde7'],
  ['abcdef', 5, 'ab…ef'],
  ['👍👍👍👍👍👍', 5, '👍👍…👍👍'],
  ['abcdef', 1, 'a…f'],
  ['', 5, ''],
])('shortens %j to %d characters: %j', (text, max, shortened) => {
  expect(middleEllipsis(text, max)).toBe(shortened);
});
