/**
 * Every metric that external dashboards, alerts and tests may use, with the labels it has at least.
 * The names are a contract: an alert on a metric that was renamed never fires.
 */
export const METRICS: Record<string, readonly string[]> = {
  checkout_requests_total: ['outcome'],
  checkout_duration_seconds: [],
  idempotency_replays_total: [],
  idempotency_key_collisions_total: [],
  psp_requests_total: ['result'],
  payments_unsettled: ['status'],
  payments_unsettled_oldest_seconds: [],
  circuit_state: ['dependency'],
  cdc_slot_lag_bytes: [],
  cdc_slot_active: [],
  cdc_slot_retained_bytes: [],
  cdc_slot_safe_wal_bytes: [],
  cdc_slot_wal_status: ['status'],
  cdc_connector_up: [],
  cdc_connector_condition: ['condition'],
  outbox_events_total: [],
  outbox_days_ahead: [],
  outbox_days_overdue: [],
  refunds_open: [],
  psp_refunds_total: ['result'],
  delivery_records_total: ['consumer', 'outcome'],
  delivery_attempts_total: ['consumer', 'result'],
  delivery_end_to_end_seconds: ['consumer'],
  delivery_redelivery_age_seconds: ['consumer'],
  delivery_key_collisions_total: ['consumer'],
  delivery_lag_records: ['consumer', 'partition'],
  delivery_lag_seconds: ['consumer'],
  consumer_group_lag_records: ['consumer', 'partition'],
  consumer_group_oldest_seconds: ['consumer'],
  consumer_group_standing_partitions: ['consumer', 'member'],
  delivery_parked_keys: ['consumer'],
  delivery_paused_partitions: ['consumer'],
  delivery_window_full_total: ['consumer'],
  email_maybe_duplicates_total: [],
  redis_memory_used_ratio: [],
  config_drift: ['what'],
  dead_letters: ['consumer', 'state'],
  dead_letters_intake_lag_records: ['consumer'],
  audit_violations: ['invariant'],
  audit_last_run_timestamp_seconds: [],
  db_pool_connections: ['app', 'state'],
  process_cpu_seconds_total: [],
  nodejs_eventloop_lag_seconds: [],
};

/** What only begins to exist when it happens for the first time. */
export const RARE_METRICS: Record<string, readonly string[]> = {
  cdc_connector_restarts_total: [],
};
