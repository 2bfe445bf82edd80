import { assertDedupWindowCovers, RETENTION, TOPICS } from './topics.js';

it('a mark outlives the last moment its event can come back', () => {
  expect(() => assertDedupWindowCovers(RETENTION)).not.toThrow();
});

it('retentions that add up to more than the window are refused with the arithmetic', () => {
  const tooLong = { ...RETENTION, topicMs: RETENTION.topicMs + 24 * 3_600_000 };
  expect(() => assertDedupWindowCovers(tooLong)).toThrow(/come back for 169 h .* only 168 h/);
});

it('every event topic is created with the retention that the sum counts on', () => {
  for (const { name, config } of TOPICS.filter((topic) =>
    /completed(\.\w+\.redrive)?$/.test(topic.name),
  )) {
    expect([name, config['retention.ms'], config['segment.ms']]).toEqual([
      name,
      String(RETENTION.topicMs),
      String(RETENTION.topicSegmentMs),
    ]);
  }
});
