export { Circuit } from './circuit/circuit-breaker.js';
export {
  DependencyDown,
  IdempotencyCollision,
  LeaseHeld,
  PermanentFailure,
  RefusedForNow,
} from './failure.js';
export {
  DELIVERY_POINTS,
  type DeliveryPoint,
  type ReachDeliveryPoint,
} from './transport/failure-points.js';
export type { Applied, IdempotencyStrategy } from './idempotency-strategy.js';
export { KeepErrorIdentity } from './transport/keep-error-identity.filter.js';
export type { LaneExtras } from './transport/handler.js';
export { LANES, LaneTransport } from './transport/lane-transport.js';
export {
  DeliveryModule,
  paymentCompletedDecoder,
  type ConsumerCircuits,
} from './transport/delivery.module.js';
