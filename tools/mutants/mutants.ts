import { AUDIT_GUARDS } from './audit-mutants.js';
import { CONNECTOR_GUARDS } from './connector-mutants.js';
import { DEAD_LETTER_GUARDS } from './dead-letter-mutants.js';
import { DELIVERY_GUARDS } from './delivery-mutants.js';
import type { Guard } from './mutant.js';
import { PAYMENTS_GUARDS } from './payments-mutants.js';
import { STRATEGY_GUARDS } from './strategy-mutants.js';

/** The promises this repository makes, each as the few characters that keep it. */
export const GUARDS: readonly Guard[] = [
  ...DELIVERY_GUARDS,
  ...STRATEGY_GUARDS,
  ...PAYMENTS_GUARDS,
  ...DEAD_LETTER_GUARDS,
  ...CONNECTOR_GUARDS,
  ...AUDIT_GUARDS,
];
