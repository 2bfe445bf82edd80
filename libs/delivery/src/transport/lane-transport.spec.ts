import { LaneTransport } from './lane-transport.js';

const options = {
  brokers: ['nowhere:9092'],
  consumer: 'search' as const,
  appVersion: 'test',
  log: { info: () => undefined, warn: () => undefined },
};

it('refuses an effect so slow that one failing record could reach the in-flight limit and delay others', () => {
  expect(() => new LaneTransport({ ...options, effectTimeoutMs: 14_000 })).toThrow(
    /in-flight limit of 20000/,
  );
  expect(() => new LaneTransport({ ...options, effectTimeoutMs: 11_000 })).not.toThrow();
});

it('is not alive before it has joined its group', () => {
  const transport = new LaneTransport({ ...options, effectTimeoutMs: 1_000 });
  expect(() => transport.assertFetching()).toThrow('not joined');
});
