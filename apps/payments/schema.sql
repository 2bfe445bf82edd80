-- The result of the migrations, as PostgreSQL describes it: to read, and to review a migration.
-- Written by WRITE_SCHEMA=1 npm run test:int -- apps/payments/src/migrations

TABLE payments.customers
  user_id         text NOT NULL
  email           text NOT NULL
  locale          text NOT NULL DEFAULT 'en'::text
  CONSTRAINT customers_pkey PRIMARY KEY (user_id)
  CONSTRAINT customers_user_id_check CHECK ((user_id ~ '^(?![.]{1,2}$)[A-Za-z0-9_.:|-]{1,128}$'::text))
  CREATE UNIQUE INDEX customers_pkey ON payments.customers USING btree (user_id)
  GRANT SELECT TO payments_app

TABLE payments.debezium_heartbeat
  id              bigint NOT NULL IDENTITY
  beat_at         timestamp with time zone NOT NULL
  CONSTRAINT debezium_heartbeat_pkey PRIMARY KEY (id)
  CREATE UNIQUE INDEX debezium_heartbeat_pkey ON payments.debezium_heartbeat USING btree (id)
  GRANT DELETE, SELECT TO payments_app
  GRANT INSERT, SELECT TO debezium
  GRANT SELECT TO auditor

TABLE payments.disputes
  id              text NOT NULL
  psp_reference   text
  payment_id      uuid
  status          text NOT NULL
  reason          text NOT NULL
  found_at        timestamp(3) with time zone NOT NULL
  next_look_at    timestamp with time zone NOT NULL
  CONSTRAINT disputes_id_check CHECK ((id ~ '^[A-Za-z0-9_]{1,255}$'::text))
  CONSTRAINT disputes_pkey PRIMARY KEY (id)
  CONSTRAINT disputes_psp_reference_check CHECK ((psp_reference ~ '^[A-Za-z0-9_]{1,255}$'::text))
  CONSTRAINT disputes_reason_check CHECK ((reason ~ '^[a-z_]{1,64}$'::text))
  CONSTRAINT disputes_status_check CHECK ((status ~ '^[a-z_]{1,64}$'::text))
  CREATE INDEX disputes_due ON payments.disputes USING btree (next_look_at)
  CREATE UNIQUE INDEX disputes_pkey ON payments.disputes USING btree (id)
  GRANT INSERT, SELECT TO payments_app
  GRANT SELECT TO auditor
  GRANT UPDATE (psp_reference, payment_id, status, next_look_at) TO payments_app

TABLE payments.idempotency_keys
  user_id         text NOT NULL
  method          text NOT NULL
  route           text NOT NULL
  idempotency_key text NOT NULL
  fingerprint     text NOT NULL
  payment_id      uuid NOT NULL
  response_status smallint
  response_body   text
  created_at      timestamp(3) with time zone NOT NULL
  CONSTRAINT idempotency_keys_check CHECK (((response_status IS NULL) = (response_body IS NULL)))
  CONSTRAINT idempotency_keys_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments.payments(id)
  CONSTRAINT idempotency_keys_payment_id_key UNIQUE (payment_id)
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (user_id, method, route, idempotency_key)
  CREATE INDEX idempotency_keys_by_age ON payments.idempotency_keys USING btree (created_at)
  CREATE UNIQUE INDEX idempotency_keys_payment_id_key ON payments.idempotency_keys USING btree (payment_id)
  CREATE UNIQUE INDEX idempotency_keys_pkey ON payments.idempotency_keys USING btree (user_id, method, route, idempotency_key)
  GRANT DELETE, INSERT, SELECT TO payments_app
  GRANT SELECT TO auditor
  GRANT UPDATE (response_status, response_body) TO payments_app

TABLE payments.outbox PARTITION BY RANGE (occurred_at)
  event_id        uuid NOT NULL
  specversion     text NOT NULL
  topic           text NOT NULL
  partition_key   text NOT NULL
  event_type      text NOT NULL
  subject         text NOT NULL
  occurred_at     timestamp(3) with time zone NOT NULL
  data_schema     text NOT NULL
  traceparent     text NOT NULL
  payload         text NOT NULL
  CONSTRAINT fits_into_a_record CHECK (((octet_length(payload) <= 100000) AND (octet_length((((((specversion || partition_key) || event_type) || subject) || data_schema) || traceparent)) <= 10000)))
  CONSTRAINT outbox_pkey PRIMARY KEY (event_id, occurred_at)
  CONSTRAINT topic_exists CHECK ((topic = 'payment.completed'::text))
  CREATE UNIQUE INDEX outbox_pkey ON ONLY payments.outbox USING btree (event_id, occurred_at)
  GRANT INSERT, SELECT TO payments_app
  GRANT SELECT TO auditor
  GRANT SELECT TO debezium

TABLE payments.outbox_default PARTITION DEFAULT
  event_id        uuid NOT NULL
  specversion     text NOT NULL
  topic           text NOT NULL
  partition_key   text NOT NULL
  event_type      text NOT NULL
  subject         text NOT NULL
  occurred_at     timestamp(3) with time zone NOT NULL
  data_schema     text NOT NULL
  traceparent     text NOT NULL
  payload         text NOT NULL
  CONSTRAINT fits_into_a_record CHECK (((octet_length(payload) <= 100000) AND (octet_length((((((specversion || partition_key) || event_type) || subject) || data_schema) || traceparent)) <= 10000)))
  CONSTRAINT outbox_default_pkey PRIMARY KEY (event_id, occurred_at)
  CONSTRAINT topic_exists CHECK ((topic = 'payment.completed'::text))
  CREATE UNIQUE INDEX outbox_default_pkey ON payments.outbox_default USING btree (event_id, occurred_at)

TABLE payments.payments ROW LEVEL SECURITY
  id              uuid NOT NULL
  user_id         text NOT NULL
  order_id        text NOT NULL
  amount_minor    bigint NOT NULL
  currency        text NOT NULL
  payment_method  text NOT NULL
  status          text NOT NULL
  version         integer NOT NULL
  psp_reference   text
  failure_code    text
  created_at      timestamp(3) with time zone NOT NULL
  completed_at    timestamp(3) with time zone
  traceparent     text NOT NULL
  psp_attempts    integer NOT NULL
  lease_token     uuid
  lease_until     timestamp with time zone
  CONSTRAINT payments_amount_minor_check CHECK (((amount_minor >= 1) AND (amount_minor <= '9999999999'::bigint)))
  CONSTRAINT payments_check CHECK (((status = 'COMPLETED'::text) = (completed_at IS NOT NULL)))
  CONSTRAINT payments_check1 CHECK (((status <> 'COMPLETED'::text) OR (psp_reference IS NOT NULL)))
  CONSTRAINT payments_check2 CHECK (((status = ANY (ARRAY['DECLINED'::text, 'FAILED'::text])) = (failure_code IS NOT NULL)))
  CONSTRAINT payments_check3 CHECK (((status = ANY (ARRAY['PENDING'::text, 'UNKNOWN'::text])) = (lease_until IS NOT NULL)))
  CONSTRAINT payments_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
  CONSTRAINT payments_order_id_check CHECK ((order_id ~ '^[A-Za-z0-9_-]{1,64}$'::text))
  CONSTRAINT payments_payment_method_check CHECK ((payment_method ~ '^pm_'::text))
  CONSTRAINT payments_pkey PRIMARY KEY (id)
  CONSTRAINT payments_psp_attempts_check CHECK ((psp_attempts >= 0))
  CONSTRAINT payments_status_check CHECK ((status = ANY (ARRAY['PENDING'::text, 'COMPLETED'::text, 'DECLINED'::text, 'UNKNOWN'::text, 'FAILED'::text])))
  CONSTRAINT payments_user_id_check CHECK ((user_id ~ '^(?![.]{1,2}$)[A-Za-z0-9_.:|-]{1,128}$'::text))
  CONSTRAINT payments_version_check CHECK ((version >= 1))
  CREATE INDEX payments_by_completion ON payments.payments USING brin (completed_at) WITH (autosummarize='on')
  CREATE INDEX payments_not_paid ON payments.payments USING btree (status, id) WHERE (status = ANY (ARRAY['DECLINED'::text, 'FAILED'::text]))
  CREATE INDEX payments_of_order ON payments.payments USING btree (order_id, user_id)
  CREATE INDEX payments_of_user ON payments.payments USING btree (user_id, id)
  CREATE UNIQUE INDEX payments_one_live_per_order ON payments.payments USING btree (user_id, order_id) WHERE (status = ANY (ARRAY['PENDING'::text, 'UNKNOWN'::text, 'COMPLETED'::text]))
  CREATE UNIQUE INDEX payments_pkey ON payments.payments USING btree (id)
  CREATE INDEX payments_unsettled ON payments.payments USING btree (lease_until) WHERE (status = ANY (ARRAY['PENDING'::text, 'UNKNOWN'::text]))
  POLICY born_pending FOR INSERT TO payments_app WITH CHECK (((status = 'PENDING'::text) AND (version = 1)))
  POLICY everyone_reads FOR SELECT TO auditor, payments_app USING (true)
  POLICY final_states_never_change FOR UPDATE TO payments_app USING ((status = ANY (ARRAY['PENDING'::text, 'UNKNOWN'::text]))) WITH CHECK ((status <> 'PENDING'::text))
  GRANT INSERT, SELECT TO payments_app
  GRANT SELECT TO auditor
  GRANT UPDATE (status, version, psp_reference, failure_code, completed_at, psp_attempts, lease_token, lease_until) TO payments_app

TABLE payments.psp_events
  id              text NOT NULL
  type            text NOT NULL
  object_id       text
  received_at     timestamp(3) with time zone NOT NULL
  CONSTRAINT psp_events_id_check CHECK ((id ~ '^[A-Za-z0-9_]{1,255}$'::text))
  CONSTRAINT psp_events_object_id_check CHECK ((object_id ~ '^[A-Za-z0-9_]{1,255}$'::text))
  CONSTRAINT psp_events_pkey PRIMARY KEY (id)
  CONSTRAINT psp_events_type_check CHECK ((type ~ '^[a-z0-9_.]{1,255}$'::text))
  CREATE INDEX psp_events_by_age ON payments.psp_events USING btree (received_at)
  CREATE UNIQUE INDEX psp_events_pkey ON payments.psp_events USING btree (id)
  GRANT DELETE, INSERT, SELECT TO payments_app
  GRANT SELECT TO auditor

TABLE payments.psp_outages
  id              uuid NOT NULL
  open_from       timestamp(3) with time zone NOT NULL
  open_until      timestamp(3) with time zone NOT NULL
  CONSTRAINT psp_outages_check CHECK ((open_from <= open_until))
  CONSTRAINT psp_outages_pkey PRIMARY KEY (id)
  CREATE UNIQUE INDEX psp_outages_pkey ON payments.psp_outages USING btree (id)
  GRANT DELETE, INSERT, SELECT TO payments_app
  GRANT SELECT TO auditor
  GRANT UPDATE (open_until) TO payments_app

TABLE payments.recipients
  payment_id      uuid NOT NULL
  receipt_email   text NOT NULL
  CONSTRAINT recipients_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments.payments(id)
  CONSTRAINT recipients_pkey PRIMARY KEY (payment_id)
  CREATE UNIQUE INDEX recipients_pkey ON payments.recipients USING btree (payment_id)
  GRANT INSERT, SELECT TO payments_app

TABLE payments.refunds
  psp_reference   text NOT NULL
  payment_id      uuid NOT NULL
  found_at        timestamp(3) with time zone NOT NULL
  refunded_at     timestamp(3) with time zone
  attempts        integer NOT NULL DEFAULT 0
  next_try_at     timestamp with time zone NOT NULL
  status          text NOT NULL DEFAULT 'owed'::text
  refund_id       text
  failures        integer NOT NULL DEFAULT 0
  closed_by       text
  closed_reason   text
  closed_at       timestamp(3) with time zone
  CONSTRAINT refunds_arrived CHECK (((status = 'succeeded'::text) = (refunded_at IS NOT NULL)))
  CONSTRAINT refunds_attempts_check CHECK ((attempts >= 0))
  CONSTRAINT refunds_closed_by_a_person CHECK ((num_nulls(closed_by, closed_reason, closed_at) = ANY (ARRAY[0, 3])))
  CONSTRAINT refunds_closed_reason_check CHECK (((length(closed_reason) >= 1) AND (length(closed_reason) <= 500)))
  CONSTRAINT refunds_failures_check CHECK ((failures >= 0))
  CONSTRAINT refunds_paid_otherwise CHECK (((status <> 'paid_otherwise'::text) OR (closed_at IS NOT NULL)))
  CONSTRAINT refunds_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments.payments(id)
  CONSTRAINT refunds_pkey PRIMARY KEY (psp_reference)
  CONSTRAINT refunds_status_check CHECK ((status = ANY (ARRAY['owed'::text, 'pending'::text, 'requires_action'::text, 'succeeded'::text, 'paid_otherwise'::text])))
  CREATE INDEX refunds_due ON payments.refunds USING btree (next_try_at)
  CREATE UNIQUE INDEX refunds_pkey ON payments.refunds USING btree (psp_reference)
  GRANT INSERT, SELECT TO payments_app
  GRANT SELECT TO auditor
  GRANT UPDATE (refunded_at, attempts, next_try_at, status, refund_id, failures, closed_by, closed_reason, closed_at) TO payments_app

PUBLICATION payments_outbox FOR payments.debezium_heartbeat, payments.outbox INSERT VIA ROOT

CREATE OR REPLACE FUNCTION payments.keep_outbox_days(days_ahead integer, days_kept integer, read_by name DEFAULT 'payments_outbox'::name)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET lock_timeout TO '500ms'
AS $function$
  DECLARE
    day date;
    old name;
    ready int := 0;
  BEGIN
    IF days_ahead NOT BETWEEN 1 AND 14 OR days_kept NOT BETWEEN 2 AND 30 THEN
      RAISE EXCEPTION 'days_ahead must be 1 to 14 and days_kept 2 to 30'
        USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- Two processes at once would both find a day missing; the second waits and finds it made.
    PERFORM pg_advisory_xact_lock(hashtext('payments.keep_outbox_days'));

    FOR day IN SELECT current_date + ahead FROM generate_series(0, days_ahead) AS ahead LOOP
      IF to_regclass(format('payments.outbox_%s', to_char(day, 'YYYYMMDD'))) IS NULL
        AND NOT EXISTS (
          SELECT FROM payments.outbox_default WHERE occurred_at >= day AND occurred_at < day + 1)
      THEN
        EXECUTE format(
          'CREATE TABLE payments.outbox_%s PARTITION OF payments.outbox FOR VALUES FROM (%L) TO (%L)',
          to_char(day, 'YYYYMMDD'), day::timestamptz, (day + 1)::timestamptz);
      END IF;
      IF day > current_date
        AND to_regclass(format('payments.outbox_%s', to_char(day, 'YYYYMMDD'))) IS NOT NULL
      THEN
        ready := ready + 1;
      END IF;
    END LOOP;

    IF NOT EXISTS (
      SELECT FROM pg_replication_slots AS slot
      WHERE slot_name = read_by AND database = current_database()
        AND active AND confirmed_flush_lsn IS NOT NULL AND wal_status <> 'lost'
        AND EXISTS (
          SELECT FROM payments.debezium_heartbeat AS beat
          WHERE beat_at > now() - interval '1 day' AND age(beat.xmin) > age(slot.catalog_xmin)))
    THEN
      RETURN ready;
    END IF;

    FOR old IN
      SELECT relname FROM pg_class
      WHERE relnamespace = 'payments'::regnamespace AND relname ~ '^outbox_[0-9]{8}$'
        AND relkind = 'r' AND to_date(right(relname, 8), 'YYYYMMDD') < current_date - days_kept
    LOOP
      EXECUTE format('DROP TABLE payments.%I', old);
    END LOOP;
    DELETE FROM payments.outbox_default WHERE occurred_at < current_date - days_kept;
    RETURN ready;
  END $function$

GRANT EXECUTE TO payments_app
