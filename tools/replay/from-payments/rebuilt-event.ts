import {
  CE_HEADERS,
  encodePaymentCompleted,
  PAYMENT_COMPLETED_SCHEMA,
  PAYMENT_COMPLETED_TYPE,
  type PaymentCompleted,
} from '@effectively-once/contracts';
import { rebuiltEventId } from './event-id.js';

/** The connector's own value (infra/connect/connector.json). */
const SOURCE = '/payments';

export interface CompletedPayment extends PaymentCompleted {
  traceparent: string;
}

/**
 * The record of a payment for a redrive topic: the key and the value bytes that its outbox row had,
 * and the headers of a CloudEvent. It has no headers of a dead letter, because it is none: so the
 * console and the auditor (I10) do not look for one. If the consumer cannot process it, it becomes
 * a dead letter of its position in the redrive topic.
 */
export function rebuiltEvent({ traceparent, ...event }: CompletedPayment) {
  return {
    key: Buffer.from(event.userId),
    value: Buffer.from(encodePaymentCompleted(event)),
    headers: {
      [CE_HEADERS.specversion]: '1.0',
      [CE_HEADERS.id]: rebuiltEventId(event.paymentId),
      [CE_HEADERS.type]: PAYMENT_COMPLETED_TYPE,
      [CE_HEADERS.source]: SOURCE,
      [CE_HEADERS.subject]: event.paymentId,
      [CE_HEADERS.time]: event.completedAt,
      [CE_HEADERS.dataschema]: PAYMENT_COMPLETED_SCHEMA,
      [CE_HEADERS.contentType]: 'application/json',
      [CE_HEADERS.traceparent]: traceparent,
    },
  };
}
