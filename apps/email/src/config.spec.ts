import { LaneTransport } from '@effectively-once/delivery';
import { EFFECT_TIMEOUT_MS } from './config.js';

// The transport refuses to start otherwise, which only a running system would show.
it('the time limits of one receipt fit into the in-flight limit of a partition', () => {
  const start = () =>
    new LaneTransport({
      brokers: ['nowhere:9092'],
      consumer: 'email',
      appVersion: 'test',
      log: { info: () => undefined, warn: () => undefined },
      effectTimeoutMs: EFFECT_TIMEOUT_MS,
    });
  expect(start).not.toThrow();
});
