/** The headers of a dead letter, in addition to the original key, value bytes and headers. */
export const DLQ_HEADERS = {
  originalTopic: 'dlq_original_topic',
  originalPartition: 'dlq_original_partition',
  originalOffset: 'dlq_original_offset',
  originalTimestamp: 'dlq_original_timestamp',
  consumer: 'dlq_consumer',
  errorClass: 'dlq_error_class',
  errorName: 'dlq_error_name',
  errorMessage: 'dlq_error_message',
  attempts: 'dlq_attempts',
  firstFailedAt: 'dlq_first_failed_at',
  deadLetteredAt: 'dlq_dead_lettered_at',
  redriveCount: 'dlq_redrive_count',
  appVersion: 'dlq_app_version',
  /** Only on a cut dead letter: the number of bytes of the original value. */
  valueCut: 'dlq_value_cut',
  /** Only if the key was cut: the number of bytes of the original key. */
  keyCut: 'dlq_key_cut',
  /** Only if headers were dropped: their number. */
  headersCut: 'dlq_headers_cut',
} as const;

export type ErrorClass = 'poison' | 'permanent' | 'transient';

export const ERROR_MESSAGE_BYTES_MAX = 1024;
