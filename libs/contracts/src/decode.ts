import { CE_HEADERS, type EventHeaders } from './cloud-event.js';
import { PAYMENT_COMPLETED_TYPE, type PaymentCompleted } from './payment-completed.js';
import { paymentCompletedReader } from './payment-completed-versions.js';

/**
 * A poison pill: no retry can fix the record. `field` names the fault; the value is never quoted.
 */
export class PoisonRecord extends Error {
  override readonly name: string = 'PoisonRecord';
  constructor(
    readonly code: PoisonCode,
    readonly field: string,
    message: string,
  ) {
    super(message);
  }
}

type PoisonCode =
  | 'NoValue'
  | 'NotJson'
  | 'MissingHeader'
  | 'UnknownType'
  | 'UnsupportedVersion'
  | 'SchemaMismatch'
  | 'KeyMismatch';

export interface DecodedEvent {
  id: string;
  time: string;
  traceparent: string | undefined;
  data: PaymentCompleted;
}

/**
 * Reads one record of `payment.completed` or of a redrive topic (CloudEvents 1.0, Kafka binary
 * mode).
 * @throws PoisonRecord naming the faulty header or field.
 */
export function decodePaymentCompleted(record: {
  key: Buffer | null;
  value: Buffer | null;
  headers: EventHeaders;
}): DecodedEvent {
  const header = (name: string): string => {
    const value = record.headers[name];
    if (value === undefined || value === '')
      throw new PoisonRecord('MissingHeader', name, `header ${name} is missing`);
    return value;
  };
  if (header(CE_HEADERS.specversion) !== '1.0')
    throw new PoisonRecord('UnsupportedVersion', CE_HEADERS.specversion, 'not CloudEvents 1.0');
  if (header(CE_HEADERS.type) !== PAYMENT_COMPLETED_TYPE)
    throw new PoisonRecord('UnknownType', CE_HEADERS.type, 'not an event type this consumer knows');
  const reader = paymentCompletedReader(header(CE_HEADERS.dataschema));
  if (!reader)
    throw new PoisonRecord('UnsupportedVersion', CE_HEADERS.dataschema, 'not a known version');

  const data = parseValue(record.value, reader);
  // The key decides the partition. With another user's key, the event would be out of its user's
  // order.
  if (record.key?.toString('utf8') !== data.userId)
    throw new PoisonRecord('KeyMismatch', 'key', 'the record key is not the event userId');
  if (header(CE_HEADERS.subject) !== data.paymentId)
    throw new PoisonRecord('SchemaMismatch', CE_HEADERS.subject, 'subject is not the paymentId');
  return {
    id: header(CE_HEADERS.id),
    time: header(CE_HEADERS.time),
    traceparent: record.headers[CE_HEADERS.traceparent],
    data,
  };
}

type Reader = NonNullable<ReturnType<typeof paymentCompletedReader>>;

function parseValue(value: Buffer | null, reader: Reader): PaymentCompleted {
  if (value === null || value.length === 0)
    throw new PoisonRecord('NoValue', 'value', 'the record has no value');
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value));
  } catch {
    // Drop the parser's message: it quotes the bytes, and the message goes into the dead letter's
    // headers.
    throw new PoisonRecord('NotJson', 'value', 'the value is not JSON in UTF-8');
  }
  const parsed = reader.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') || 'value';
  throw new PoisonRecord('SchemaMismatch', field, `${field}: ${issue?.code ?? 'invalid'}`);
}
