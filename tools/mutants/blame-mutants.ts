import { killedBy, type Mutant } from './mutant.js';

const recipients = killedBy('apps/email/src/servers/recipients.int.spec.ts');
const delivery = (file: string) => `libs/delivery/src/${file}`;
const breaker = killedBy(delivery('circuit/circuit-breaker.spec.ts'));

/** What a failure blames: one record, every record, or the server. */
export const BLAME_MUTANTS: readonly Mutant[] = [
  {
    mutation: 'delivery: only lanes that failed try a server again',
    file: delivery('circuit/waiting-lanes.ts'),
    text: 'this.lanes.findIndex(({ lane }) => isPreferred(lane))',
    replacement: 'this.lanes.findIndex(({ lane }) => !isPreferred(lane))',
    test: breaker('are tried after a lane that has not failed'),
  },
  {
    mutation: 'delivery: fetches no record while three bad mailboxes hold the circuit',
    file: delivery('circuit/circuit-breaker.ts'),
    text: 'if (!this.outage.isAnswering) return false;',
    replacement: 'return false;',
    test: breaker(
      'do not stop the fetching of lanes that have not failed, until enough of them wait',
    ),
  },
  {
    mutation: 'delivery: lanes that fail alone open the circuit again and again',
    file: delivery('circuit/circuit-breaker.ts'),
    text: 'if (refused !== lane) this.addLaneAtFault(refused);',
    replacement: 'void refused;',
    test: breaker(
      'fail alone when the server works for another lane: their failures count, and open nothing',
    ),
  },
  {
    mutation: 'delivery: a lane that failed alone hides an outage for ever',
    file: delivery('circuit/circuit-breaker.ts'),
    text: '    this.lanesAtFault.delete(lane);\n',
    replacement: '',
    test: breaker('are like all others again when one of their mails was accepted'),
  },
  {
    mutation: 'delivery: dead-letters at once what the server may refuse to every record',
    file: delivery('deliver.ts'),
    text: "if (errorClass === 'permanent' && counted.some(isRecordToBlame)) break;",
    replacement: "if (errorClass === 'permanent') break;",
    test: {
      file: delivery('deliver.spec.ts'),
      title: 'is retried like a transient failure, and dead-lettered as permanent',
    },
  },
  {
    mutation: 'email: ignores the enhanced status code of a refusal',
    file: 'apps/email/src/servers/smtp-failure.ts',
    text: "const row = ENHANCED.find(([pattern]) => pattern.test(enhanced ?? ''));",
    replacement: 'const row = ENHANCED.find(() => enhanced === undefined);',
    test: {
      file: 'apps/email/src/servers/smtp-failure.spec.ts',
      title:
        'an enhanced status code says that it is about the record: RCPT TO, 552 5.2.2 Mailbox full',
    },
  },
  {
    mutation: 'postgres: a read-only server is the fault of the record',
    file: 'libs/postgres/src/postgres-failure.ts',
    text: "  ['25006', 'unavailable',",
    replacement: "  ['25006', 'other',",
    test: {
      file: 'libs/postgres/src/postgres-failure.spec.ts',
      title: 'is unavailable after 25006: the server or the role is read-only',
    },
  },
  {
    mutation: 'postgres: a table that is not as the statement expects is our mistake in the SQL',
    file: 'libs/postgres/src/postgres-failure.ts',
    text: "  ['42', 'unavailable',",
    replacement: "  ['42', 'other',",
    test: {
      file: 'libs/postgres/src/postgres-failure.spec.ts',
      title: 'is unavailable after 42P10: the unique index of ON CONFLICT does not exist',
    },
  },
  {
    mutation: 'kafka: a request without an answer keeps its connection',
    file: 'libs/kafka/src/kafkajs-fixes.ts',
    text: 'if (isTimeout && socket && socket === this.socket) close(this, error as Error);',
    replacement: 'if (isTimeout && socket && !this.socket) close(this, error as Error);',
    test: {
      file: 'libs/kafka/src/half-dead.int.spec.ts',
      title: 'a dead letter is written over a new one, once',
    },
  },
  {
    mutation: 'kafka: parses a new connection behind the half response of the one before',
    file: 'libs/kafka/src/kafkajs-fixes.ts',
    text: '  this.chunks = [];\n  this.bytesBuffered = 0;\n  this.bytesNeeded = RESPONSE_SIZE_BYTES;\n',
    replacement: '',
    test: {
      file: 'libs/kafka/src/kafkajs-fixes.spec.ts',
      title: 'a new connection forgets the half response of the one before',
    },
  },
  {
    mutation: 'postgres: the end of a half-dead connection waits for ever',
    file: 'libs/postgres/src/connections.ts',
    text: '  endInTime(client);\n',
    replacement: '',
    test: {
      file: 'libs/postgres/src/connections.spec.ts',
      title: 'ends a half-dead connection in time',
    },
  },
  {
    mutation: 'psp: keeps the idle connections after a request without an answer',
    file: 'apps/payments/src/psp/psp-http.ts',
    text: '        closeIdleConnections(agent);\n',
    replacement: '',
    test: {
      file: 'apps/payments/src/psp/half-dead-psp.int.spec.ts',
      title: 'cost one checkout a 202, not one checkout for each connection',
    },
  },
  {
    mutation: 'payments: readiness asks for no write',
    file: 'apps/payments/src/runtime/write-probe.ts',
    text: '    client.query(WRITE_A_CHECKOUT),\n',
    replacement: "    client.query('SELECT 1'),\n",
    test: {
      file: 'apps/payments/src/runtime/refusing-database.int.spec.ts',
      title: '25006, the role is read-only, as on a standby: 503, and then the same key pays once',
    },
  },
  {
    mutation: 'payments: a conflict or an internal error of PostgreSQL is a 500',
    file: 'apps/payments/src/http/payments-errors.ts',
    text: "    case 'transient':\n",
    replacement: '',
    test: {
      file: 'apps/payments/src/runtime/refusing-database.int.spec.ts',
      title: '40001, a conflict with recovery on a standby: 503, and then the same key pays once',
    },
  },
  {
    mutation: 'postgres: keeps a connection to a server that became read-only',
    file: 'libs/postgres/src/close-unusable-connection.ts',
    text: "if (!error || postgresFailure(error) !== 'unavailable') return;",
    replacement: "if ((error as Error | undefined)?.message !== 'Query read timeout') return;",
    test: {
      file: 'libs/postgres/src/close-unusable-connection.spec.ts',
      title: 'closes a connection to a server that is read-only since a failover',
    },
  },
  {
    mutation: 'email: blames each receipt for a batch of addresses that got no answer',
    file: 'apps/email/src/servers/recipients.ts',
    text: `return told === 'not told' ? await this.alone(paymentId) : told;`,
    replacement: `if (told === 'not told') throw new RecipientUnknown(504);
    return told;`,
    test: recipients(
      'a question without an answer counts for its own receipt, and not for the others of its batch',
    ),
  },
];
