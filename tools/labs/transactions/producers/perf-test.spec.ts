import { commitIntervalOf, perfTestIn } from './perf-test.js';

const OUTPUT = `
160000 records sent, 20000.0 records/sec (9.54 MB/sec), 30.1 ms avg latency, 900.0 ms max latency, 20 ms 50th, 80 ms 95th, 300 ms 99th, 700 ms 99.9th.
120000 records sent (steady state), 41234.5 records/sec (19.66 MB/sec), 3.1 ms avg latency, 40.0 ms max latency, 2 ms 50th, 8 ms 95th, 12 ms 99th, 30 ms 99.9th.
`;

it('reads the last summary of kafka-producer-perf-test, which is without the warm-up', () => {
  expect(perfTestIn(OUTPUT)).toEqual({
    perSecond: 41_234.5,
    ackMeanMs: 3.1,
    ackP50Ms: 2,
    ackP99Ms: 12,
  });
});

it('refuses an output without a summary', () => {
  expect(() => perfTestIn('Exception in thread')).toThrow('no summary');
});

it('knows the commit interval of a mode', () => {
  expect(commitIntervalOf('commit every 1,000 ms')).toBe(1_000);
  expect(commitIntervalOf('idempotent')).toBeUndefined();
});
