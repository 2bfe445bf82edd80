export { connectionsTo, type Connections } from './connections.js';
export {
  readEffectsOf,
  readEffectsOfConsumer,
  readOpenClaims,
  type EffectsOf,
} from './effects-of.js';
export { judgeOnePayment, type OnePayment } from './one-payment.js';
export type { OnePaymentJudgement } from './judge.js';
export { readFacts, type OnePaymentFacts } from './read-facts.js';
