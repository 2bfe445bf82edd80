import { AUDIT_MUTANTS } from './audit-mutants.js';
import { BLAME_MUTANTS } from './blame-mutants.js';
import { CONNECTOR_MUTANTS } from './console/connector-mutants.js';
import { FAULT_CONTROL_MUTANTS } from './console/fault-control-mutants.js';
import { DEAD_LETTER_MUTANTS } from './dead-letter-mutants.js';
import { DELIVERY_MUTANTS } from './delivery-mutants.js';
import { FOREIGN_RECORDS_MUTANTS } from './foreign-records-mutants.js';
import type { Mutant } from './mutant.js';
import { PAYMENTS_MUTANTS } from './payments/payments-mutants.js';
import { REVERSALS_MUTANTS } from './payments/reversals-mutants.js';
import { EMAIL_MUTANTS } from './strategies/email-mutants.js';
import { STRATEGY_MUTANTS } from './strategies/strategy-mutants.js';
import { WATCH_MUTANTS } from './watch-mutants.js';

/** Mutation testing: for each promise of this repository a mutation that breaks it. */
export const MUTANTS: readonly Mutant[] = [
  ...DELIVERY_MUTANTS,
  ...BLAME_MUTANTS,
  ...EMAIL_MUTANTS,
  ...STRATEGY_MUTANTS,
  ...PAYMENTS_MUTANTS,
  ...REVERSALS_MUTANTS,
  ...DEAD_LETTER_MUTANTS,
  ...CONNECTOR_MUTANTS,
  ...FAULT_CONTROL_MUTANTS,
  ...AUDIT_MUTANTS,
  ...FOREIGN_RECORDS_MUTANTS,
  ...WATCH_MUTANTS,
];
