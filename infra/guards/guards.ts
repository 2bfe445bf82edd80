import { AUDIT_GUARDS } from './audit-guards.js';
import { CONNECTOR_GUARDS } from './connector-guards.js';
import { DEAD_LETTER_GUARDS } from './dead-letter-guards.js';
import { DELIVERY_GUARDS } from './delivery-guards.js';
import type { Guard } from './guard.js';
import { PAYMENTS_GUARDS } from './payments-guards.js';
import { STRATEGY_GUARDS } from './strategy-guards.js';

/** The promises this repository makes, each as the few characters that keep it. */
export const GUARDS: readonly Guard[] = [
  ...DELIVERY_GUARDS,
  ...STRATEGY_GUARDS,
  ...PAYMENTS_GUARDS,
  ...DEAD_LETTER_GUARDS,
  ...CONNECTOR_GUARDS,
  ...AUDIT_GUARDS,
];
