import {
  dedupWindowNeeded,
  assertDeadLettersFit,
  assertDedupWindowCovers,
  BATCH_BYTES_MAX,
  RETENTION,
  TOPICS,
} from './topics.js';

it('a deduplication marker outlives the last redelivery of its event', () => {
  expect(() => assertDedupWindowCovers(RETENTION)).not.toThrow();
});

it('retentions that add up to more than the deduplication window are refused with the arithmetic', () => {
  const tooLong = { ...RETENTION, topicMs: RETENTION.topicMs + 24 * 3_600_000 };
  expect(() => assertDedupWindowCovers(tooLong)).toThrow(/redelivered for 169 h .* only 168 h/);
});

it('every event topic is created with the retention in the sum', () => {
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

it('no topic stores compressed batches, because the consumers cannot read every codec', () => {
  expect(TOPICS.map(({ config }) => config['compression.type'])).toEqual(
    TOPICS.map(() => 'uncompressed'),
  );
});

it('a dead letter fits into its topic, and its redrive into the redrive topic', () => {
  expect(() => assertDeadLettersFit(BATCH_BYTES_MAX)).not.toThrow();
  const sizeOf = (end: string) =>
    TOPICS.filter(({ name }) => name.endsWith(end)).map(
      ({ config }) => config['max.message.bytes'],
    );
  expect(sizeOf('.completed')).toEqual(['1048588']);
  expect(sizeOf('.redrive')).toEqual(['2097152', '2097152', '2097152']);
  expect(sizeOf('.dlq')).toEqual(['2162688', '2162688', '2162688']);
});

it.each(['redrive', 'deadLetter'] as const)(
  'sizes under which a %s would not fit are refused',
  (small) => {
    const sizes = { ...BATCH_BYTES_MAX, [small]: BATCH_BYTES_MAX.event };
    expect(() => assertDeadLettersFit(sizes)).toThrow(/larger than its record/);
  },
);

it('the needed deduplication window is the oldest observed redelivery and a quarter more', () => {
  expect(dedupWindowNeeded([1, 100, 20])).toBe(125);
  expect(dedupWindowNeeded([])).toBe(0);
});
