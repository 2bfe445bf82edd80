/**
 * CloudEvents 1.0, Kafka protocol binding, binary mode: attributes as `ce_` headers, data as the
 * value.
 */
export const CE_HEADERS = {
  specversion: 'ce_specversion',
  id: 'ce_id',
  type: 'ce_type',
  source: 'ce_source',
  subject: 'ce_subject',
  time: 'ce_time',
  dataschema: 'ce_dataschema',
  contentType: 'content-type',
  traceparent: 'traceparent',
} as const;

/** Header values as text. If a header is repeated, its last value. */
export type EventHeaders = Record<string, string | undefined>;
