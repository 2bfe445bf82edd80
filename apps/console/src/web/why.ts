/** What stands behind one box of the control room. why.spec.ts checks that all of it exists. */
export interface WhyEntry {
  /** Where the code is. */
  files: string[];
  /** The query, metric or journal that the numbers are read from. */
  source: string;
  /** The first cell of a row of docs/guarantees.md: what may fail here. */
  guarantee: string;
  /** The test that fails when the guarantee is broken. */
  test: { file: string; title: string };
}

export const WHY = {
  payments: {
    files: ['apps/payments/src/checkout/checkout.ts', 'apps/payments/src/checkout/claim.sql.ts'],
    source: 'metrics of payments: checkout_requests_total, payments_unsettled, circuit_state',
    guarantee: 'A double click',
    test: {
      file: 'e2e/double-checkout-charges-once.e2e.spec.ts',
      title: 'two clicks with one key charge once, and both get the same bytes in the end',
    },
  },
  outbox: {
    files: ['apps/payments/src/payment/finalize.sql.ts'],
    source: 'SELECT on payments.outbox, as the auditor',
    guarantee: 'An event differs from its outbox row',
    test: {
      file: 'e2e/events-are-cloudevents.e2e.spec.ts',
      title: 'the value is the payload of the outbox row byte for byte, and ce_id is its event id',
    },
  },
  slot: {
    files: ['apps/console/src/pipeline/retained-wal.ts', 'infra/connect/connector.json'],
    source:
      'pg_replication_slots: confirmed_flush_lsn and restart_lsn against pg_current_wal_lsn()',
    guarantee: 'The replication slot is dropped',
    test: {
      file: 'e2e/connector-outage-loses-nothing.e2e.spec.ts',
      title:
        'the slot is dropped under load: it recovers without help, and each effect is applied once',
    },
  },
  connector: {
    files: ['apps/console/src/connector/connector-supervisor.ts', 'infra/connect/connector.json'],
    source: 'Kafka Connect: GET /connectors/{name}/status',
    guarantee: 'Connect is killed while it publishes',
    test: {
      file: 'e2e/connector-outage-loses-nothing.e2e.spec.ts',
      title:
        'Connect is killed in mid-stream under load: it recovers without help, and each effect is applied once',
    },
  },
  topic: {
    files: ['libs/contracts/src/topics.ts', 'apps/console/src/pipeline/groups/group-lag.ts'],
    source: 'end offsets of the 6 partitions of payment.completed',
    guarantee: 'Records of one user could overtake each other',
    test: {
      file: 'e2e/one-payment-reaches-every-consumer.e2e.spec.ts',
      title: 'a payment becomes one charge, one receipt, its points and a search hit',
    },
  },
  email: {
    files: ['apps/email/src/email.idempotency.ts', 'apps/email/src/send-receipt.ts'],
    source:
      'metrics of email: delivery_records_total, delivery_parked_keys, circuit_state; lag from committed offsets',
    guarantee: 'Email is killed between a mail and its deduplication marker',
    test: {
      file: 'e2e/a-consumer-killed-at-any-point-keeps-its-guarantee.e2e.spec.ts',
      title:
        'killed between the mail and its deduplication marker: email mails twice and records evidence',
    },
  },
  loyalty: {
    files: ['apps/loyalty/src/loyalty.idempotency.ts', 'apps/loyalty/src/award-points.ts'],
    source:
      'metrics of loyalty: delivery_records_total, delivery_parked_keys, circuit_state; lag from committed offsets',
    guarantee: 'A consumer is killed before its effect, or after it and before its commit',
    test: {
      file: 'apps/loyalty/src/loyalty.idempotency.int.spec.ts',
      title: 'an event is applied once; delivered again, it changes nothing',
    },
  },
  search: {
    files: ['apps/search/src/search.idempotency.ts', 'apps/search/src/index-payment.ts'],
    source:
      'metrics of search: delivery_records_total, delivery_parked_keys, circuit_state; lag from committed offsets',
    guarantee: 'An old version arrives after a newer one',
    test: {
      file: 'apps/search/src/search.idempotency.int.spec.ts',
      title: 'an old version does not overwrite a newer one',
    },
  },
  audit: {
    files: ['libs/audit/src/audit.ts', 'libs/audit/src/invariants.ts'],
    source: 'every store, read by the standing audit of the console',
    guarantee: 'A payment is lost or duplicated in some store',
    test: {
      file: 'e2e/the-audit-names-each-damaged-payment.e2e.spec.ts',
      title: 'I6 names a payment whose points are gone, and the account that no longer adds up',
    },
  },
  letters: {
    files: [
      'apps/console/src/dead-letters/commands/actions.ts',
      'apps/console/src/dead-letters/redrive/redrive.ts',
    ],
    source: 'SELECT on console.dead_letters, which the console fills from the dead-letter topics',
    guarantee: 'Two operators decide about one dead letter at the same time',
    test: {
      file: 'apps/console/src/dead-letters/commands/commands.int.spec.ts',
      title: 'a command that expects another count does nothing, and says both counts',
    },
  },
  labs: {
    files: ['apps/console/src/control-room/labs/labs.ts', 'docs/labs.md'],
    source: 'receipt.json of the last run of `npm run lab` on this machine; docs/labs.md',
    guarantee: 'Email is killed between a mail and its deduplication marker',
    test: {
      file: 'tools/labs/mail-window/mail-window.int.spec.ts',
      title:
        'a kill doubles a receipt only between its content and its marker, with evidence; marker first loses',
    },
  },
} satisfies Record<string, WhyEntry>;

export type WhyName = keyof typeof WHY;
