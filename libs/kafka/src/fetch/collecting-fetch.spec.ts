import { COLLECT_MS, FetchPace } from './collecting-fetch.js';

const longPoll = { maxWaitTime: 250, minBytes: 1 };
const answer = (...messages: number[]) => ({
  responses: [{ partitions: messages.map((count) => ({ messages: Array(count).fill(null) })) }],
});

function paceAfter(...answers: [atMs: number, records: number][]) {
  const pace = new FetchPace();
  for (const [atMs, records] of answers) pace.answered(answer(0, records), atMs);
  return pace.request(longPoll);
}

it('is a long poll for a consumer that has received nothing', () => {
  expect(paceAfter()).toBe(longPoll);
});

it('is a long poll after one record: a lone record waits for nothing', () => {
  expect(paceAfter([100, 1])).toBe(longPoll);
  expect(paceAfter([100, 1], [100 + 2 * COLLECT_MS + 1, 1])).toBe(longPoll);
});

it('collects while records come close together', () => {
  const { maxWaitTime, minBytes } = paceAfter([100, 1], [100 + 2 * COLLECT_MS, 1]);
  expect(maxWaitTime).toBe(COLLECT_MS);
  expect(minBytes).toBeGreaterThan(1_000);
});

it('is a long poll again as soon as nothing came', () => {
  expect(paceAfter([100, 1], [110, 1], [130, 0])).toBe(longPoll);
});
