/**
 * What will happen, said before the button is pressed. Each one is a row of docs/guarantees.md,
 * word for word; predictions.spec.ts compares them. So the page promises only what a test shows.
 */
export interface Prediction {
  /** First cell of the row: what fails. */
  guarantee: string;
  /** Second cell: what the customer sees. */
  sees: string;
  /** Third cell: what the code does. */
  because: string;
  /** A test that the row names. */
  test: { file: string; title: string };
}

const OUTAGE = 'e2e/a-server-outage-of-thirty-seconds-dead-letters-nothing.e2e.spec.ts';
const PSP = 'e2e/a-psp-that-misbehaves-charges-once.e2e.spec.ts';
const CONNECTOR = 'e2e/connector-outage-loses-nothing.e2e.spec.ts';
const KILLED = 'e2e/a-consumer-killed-at-any-point-keeps-its-guarantee.e2e.spec.ts';

export const PREDICTIONS = {
  pspSilent: {
    guarantee: 'The PSP does not answer',
    sees: '202, and the final answer later',
    because:
      'an unknown outcome is not a failure: payments repeats the request with the same PSP key',
    test: {
      file: PSP,
      title:
        'the PSP does not answer (charge_then_hang): 202 UNKNOWN, then the same key gets the final answer',
    },
  },
  pspAway: {
    guarantee:
      'The PSP refuses connections, or fails five times in a row for at least three payments',
    sees: '503, “you have not been charged”; the same key may be used again',
    because:
      'a circuit breaker before the claim: payments sends no request and stores nothing, until one real charge succeeds',
    test: {
      file: 'apps/payments/src/psp/psp-down.int.spec.ts',
      title:
        'a checkout is 503 without a request to it, and stores nothing; then the same key pays',
    },
  },
  pspDeclines: {
    guarantee: 'The PSP declines the card',
    sees: '402 with the decline code, and no charge; the same key replays it, another key may pay the order',
    because: 'a declined payment is final: the answer is stored, and no event is written',
    test: {
      file: 'apps/payments/src/checkout/checkout.int.spec.ts',
      title: 'that is declined answers 402 with the decline code and writes no event',
    },
  },
  webhook: {
    guarantee: 'A webhook of the PSP is late, or comes twice',
    sees: 'nothing',
    because:
      'a webhook is one more way to the same conditional UPDATE, which only one of them wins',
    test: {
      file: PSP,
      title: 'a webhook that is late or sent twice (double_webhook) changes nothing',
    },
  },
  paymentsKilled: {
    guarantee: 'Payments is killed at any point',
    sees: 'the same key gets the answer of the one charge',
    because: 'the completer rolls forward: it repeats the PSP request with the same PSP key',
    test: {
      file: 'e2e/a-payments-process-killed-at-any-point-charges-once.e2e.spec.ts',
      title:
        'killed during_psp_call, the client repeats its request with its key: one charge, and a replayed 201',
    },
  },
  paymentsFrozen: {
    guarantee: 'Payments freezes during the PSP request',
    sees: 'the answer that another process stored',
    because: 'one conditional UPDATE decides; the loser answers the bytes of the winner',
    test: {
      file: 'e2e/a-payments-process-frozen-during-the-psp-call-charges-once.e2e.spec.ts',
      title:
        'payments frozen during the PSP call wakes up after another process finalized: it charges nothing and answers the same bytes',
    },
  },
  postgres: {
    guarantee: 'PostgreSQL stops under load',
    sees: '503, then charged once',
    because:
      'payments holds no transaction during the PSP request; the completer finalizes open payments afterwards',
    test: {
      file: 'e2e/postgres-restarted-under-load-charges-each-payment-once.e2e.spec.ts',
      title:
        'PostgreSQL ended by SIGKILL under load: clear answers, each payment charged once, no help needed',
    },
  },
  connect: {
    guarantee: 'Connect is killed while it publishes',
    sees: 'effects are late',
    because:
      'it resumes from its last stored offset, one second old; consumers recognise the records published again as duplicates',
    test: {
      file: CONNECTOR,
      title:
        'Connect is killed in mid-stream under load: it recovers without help, and each effect is applied once',
    },
  },
  slotMoved: {
    guarantee: 'The slot is advanced past events that Debezium has not read',
    sees: 'effects are late until the operator runs the repair',
    because:
      'the position of a slot without a reader changes only by hand: the console stops the connector before it skips events; if an operator deletes it meanwhile, the console registers it again in state STOPPED; `npm run connector -- repair` publishes every row that the outbox retains',
    test: {
      file: 'e2e/a-replication-slot-advanced-by-hand-stops-the-connector.e2e.spec.ts',
      title:
        'the console stops the connector before it skips an event, and the repair publishes the gap',
    },
  },
  broker: {
    guarantee: 'PostgreSQL or the broker is restarted',
    sees: '503 while the database is down; effects are late',
    because: 'Debezium retries every 10 s without a limit',
    test: {
      file: CONNECTOR,
      title:
        'the broker is restarted under load: it recovers without help, and each effect is applied once',
    },
  },
  consumerKilled: {
    guarantee: 'A consumer is killed before its effect, or after it and before its commit',
    sees: 'nothing; the points, the receipt or the document are a few seconds late',
    because:
      'offsets are committed last, so the record is redelivered; the strategy recognises an effect that was applied',
    test: {
      file: KILLED,
      title: 'killed before_commit: after the restart, each effect is applied once',
    },
  },
  inTheWindow: {
    guarantee: 'Email is killed between a mail and its deduplication marker',
    sees: 'the same receipt twice, with one Message-ID',
    because:
      'the next owner takes the expired lease over and writes to `email:maybe-duplicate` in the same script, before it sends',
    test: {
      file: KILLED,
      title:
        'killed between the mail and its deduplication marker: email mails twice and records evidence',
    },
  },
  zombie: {
    guarantee: 'A consumer freezes past its session timeout and wakes up as a zombie member',
    sees: 'nothing',
    because:
      'its partitions were assigned to other members; it can no longer commit them, and the strategy recognises its effects as duplicates',
    test: {
      file: 'e2e/a-frozen-consumer-becomes-a-zombie-and-duplicates-nothing.e2e.spec.ts',
      title: 'a consumer frozen past its session wakes up as a zombie and repeats no effect',
    },
  },
  storeRefuses: {
    guarantee: 'Redis, the loyalty database or Elasticsearch refuses connections',
    sees: 'effects are late by about as long',
    because:
      'the circuit breaker opens, the consumer pauses, no attempt is counted, a probe closes the circuit',
    test: {
      file: OUTAGE,
      title:
        'the consumers of {"redis":"refuse","loyalty-database":"refuse","elasticsearch":"refuse"} pause, lose nothing, and resume without help',
    },
  },
  storeHangs: {
    guarantee: 'The mail provider refuses connections; the loyalty database or Elasticsearch hangs',
    sees: 'effects are late by about as long',
    because: 'the same; every call has its own timeout',
    test: {
      file: OUTAGE,
      title:
        'the consumers of {"smtp":"refuse","loyalty-database":"hang","elasticsearch":"hang"} pause, lose nothing, and resume without help',
    },
  },
  searchIndexLost: {
    guarantee: 'The search index is lost',
    sees: 'searches find nothing for a while',
    because:
      '`npm run reindex` writes every document again from payments, with the same ids and versions, while new payments are indexed',
    test: {
      file: 'e2e/a-lost-search-index-is-refilled-from-payments.e2e.spec.ts',
      title:
        'a lost index is refilled from payments while new payments come in, and the audit is clean',
    },
  },
  mailDeferred: {
    guarantee: 'The mail provider answers 451 to all mail',
    sees: 'receipts are late, none is lost',
    because:
      'failures of three users in a row mean that the server is down: their attempts are un-counted, and email waits',
    test: {
      file: 'e2e/a-mail-provider-answering-451-dead-letters-no-receipt.e2e.spec.ts',
      title:
        '451 for all mail, longer than all attempts last, is an outage and makes no dead letter',
    },
  },
  addressRefused: {
    guarantee: 'An address is refused permanently',
    sees: 'no receipt; the operator is paged',
    because: 'dead-lettered at once; such a failure never opens a circuit breaker',
    test: {
      file: 'e2e/no-personal-data-leaves-payments.e2e.spec.ts',
      title: 'a refused receipt is a pending dead letter, not a lost one',
    },
  },
  mailAnswerLost: {
    guarantee: 'The answer of the mail provider is lost',
    sees: 'perhaps two receipts',
    because:
      'an unknown outcome is not a failure: the lease stays, and the next owner writes evidence before it sends',
    test: {
      file: 'apps/email/src/email.idempotency.int.spec.ts',
      title: 'writes evidence before it sends again after a lost reply',
    },
  },
} satisfies Record<string, Prediction>;

export type PredictionName = keyof typeof PREDICTIONS;
