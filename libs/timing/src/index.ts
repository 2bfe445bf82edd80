export { exponentialBackoffMs, withJitter } from './backoff.js';
export { MicroBatch, type MicroBatchOptions } from './micro-batch.js';
export { PeriodicTask } from './periodic-task.js';
export { pollUntil } from './poll-until.js';
export { TimeoutError, withTimeout } from './with-timeout.js';
