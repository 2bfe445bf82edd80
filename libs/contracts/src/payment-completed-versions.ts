import { z } from 'zod';
import {
  PAYMENT_COMPLETED_SCHEMA,
  PAYMENT_COMPLETED_TYPE,
  paymentCompletedRead,
  type PaymentCompleted,
} from './payment-completed.js';

/**
 * Every version of the event's data that payments can publish. The header `ce_dataschema` names the
 * version of a record. A version is rolled out by expand and contract:
 *
 *   expand    deploy readers of both versions, while payments publishes version 1
 *   switch    payments publishes version 2 (PAYMENT_COMPLETED_VERSION)
 *   contract  remove the reader of version 1 when no such record is left: in the topic (3 days), in
 *             redrive and dead letter topics (30 days), and in what `npm run replay` rebuilds
 *
 * The other order is visible and loses nothing: a reader of version 1 dead-letters what it does not
 * know, and after its deploy these dead letters are redriven.
 */
export const PAYMENT_COMPLETED_VERSIONS = [1, 2] as const;
export type PaymentCompletedVersion = (typeof PAYMENT_COMPLETED_VERSIONS)[number];

/** The `ce_dataschema` of each version. */
export const PAYMENT_COMPLETED_SCHEMAS: Record<PaymentCompletedVersion, string> = {
  1: PAYMENT_COMPLETED_SCHEMA,
  2: 'https://effectively-once.example/schemas/payment-completed/2.json',
};

const { amountMinor, currency, ...unchanged } = paymentCompletedRead.shape;
// An amount cannot be read without its currency, and a receipt can name the charge.
const version2 = {
  ...unchanged,
  amount: z.object({ minor: amountMinor, currency }),
  /** The PSP chooses its form, so only its length is checked. */
  pspReference: z.string().min(1).max(255),
};
const version2Read = z.object(version2);

/** Readers are tolerant: they drop a field of a later version instead of refusing it. */
const READ = {
  1: paymentCompletedRead,
  2: version2Read.transform(({ amount, ...event }): PaymentCompleted => ({
    ...event,
    amountMinor: amount.minor,
    currency: amount.currency,
  })),
};

/** The reader of the version that `ce_dataschema` names. Undefined if this code has none. */
export function paymentCompletedReader(dataSchema: string) {
  const named = /\/(\d+)\.json$/.exec(dataSchema)?.[1];
  const version = PAYMENT_COMPLETED_VERSIONS.find((one) => String(one) === named);
  return version && READ[version];
}

/** Writers are strict: they never publish an undeclared field. */
const WRITE = {
  1: z.strictObject(paymentCompletedRead.shape),
  2: z.strictObject({ ...version2, amount: z.strictObject(version2.amount.shape) }),
};

/**
 * The bytes in the outbox row, which every consumer reads.
 * @throws ZodError for a field that the version does not declare, or that is missing.
 */
export function encodePaymentCompleted(
  event: PaymentCompleted,
  version: PaymentCompletedVersion = 1,
): string {
  return JSON.stringify(WRITE[version].parse(asVersion(event, version)));
}

function asVersion(event: PaymentCompleted, version: PaymentCompletedVersion): object {
  const { pspReference, ...version1 } = event;
  switch (version) {
    case 1:
      return version1;
    case 2: {
      const { amountMinor: minor, currency: its, ...rest } = version1;
      return { ...rest, amount: { minor, currency: its }, pspReference };
    }
    default:
      return version satisfies never;
  }
}

/** JSON Schema (2020-12) of the events that readers of a version accept. */
export function paymentCompletedJsonSchema(version: PaymentCompletedVersion): object {
  return {
    $id: PAYMENT_COMPLETED_SCHEMAS[version],
    title: PAYMENT_COMPLETED_TYPE,
    ...z.toJSONSchema({ 1: paymentCompletedRead, 2: version2Read }[version], { io: 'input' }),
  };
}
