export { Circuit } from './circuit.js';
export {
  DependencyDown,
  IdempotencyCollision,
  LeaseHeld,
  PermanentFailure,
  RefusedForNow,
} from './failure.js';
export {
  DELIVERY_POINTS,
  withFailurePoints,
  type DeliveryPoint,
  type ReachPoint,
} from './failure-points.js';
export type { Applied, IdempotencyStrategy } from './idempotency-strategy.js';
export { headerTexts, type KafkaRecord } from './kafka-record.js';
export {
  committedOffsets,
  endOffsets,
  ensureTopics,
  offsetsSince,
  pingBroker,
  type Offsets,
} from './kafka/admin.js';
export { readTopic, type OffsetRange } from './kafka/read-topic.js';
export { RecordProducer } from './kafka/record-producer.js';
export { KeepErrorIdentity } from './keep-error-identity.filter.js';
export { LANES, LaneTransport, type LaneExtras } from './lane-transport.js';
export { WINDOW_RECORDS_MAX } from './lanes/window.js';
export { MicroBatch, type MicroBatchOptions } from './micro-batch.js';
