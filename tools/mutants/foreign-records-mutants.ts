import { killedBy, type Mutant } from './mutant.js';

const kafka = 'libs/kafka/src';
const bytes = killedBy(`${kafka}/foreign-bytes.int.spec.ts`);
const fetched = killedBy(`${kafka}/fetch/fetched-batch.spec.ts`);
const commits = killedBy(`${kafka}/commit-positions.spec.ts`);
const topics = killedBy('libs/contracts/src/topics.spec.ts');
const supervisor = killedBy('apps/console/src/connector/connector-supervisor.spec.ts');
const rows = killedBy('apps/payments/src/outbox/outbox-rows.int.spec.ts');
const letter = killedBy('apps/console/src/dead-letters/letter-record.spec.ts');

/** The promises about things in the log and in the topics that are not ours: they stop nothing. */
export const FOREIGN_RECORDS_MUTANTS: readonly Mutant[] = [
  {
    mutation: 'kafka: a null header value stays null, and cannot be dead-lettered',
    file: `${kafka}/kafkajs-fixes.ts`,
    text: 'value ?? Buffer.alloc(0)',
    replacement: 'value as Buffer',
    test: bytes('a record with foreign headers can be produced again with the same headers'),
  },
  {
    mutation: 'kafka: an open transaction of any producer holds up every record behind it',
    file: `${kafka}/kafkajs-fixes.ts`,
    text: 'request.isolationLevel ?? READ_UNCOMMITTED',
    replacement: 'request.isolationLevel ?? 1',
    test: bytes('an open transaction holds up no record behind it'),
  },
  {
    mutation: 'kafka: a reader waits for a record at the last offset, where a transaction ended',
    file: `${kafka}/read-topic.ts`,
    text: 'if (fetched.nextOffset >= range.end)',
    replacement: 'if (range.from >= range.end)',
    test: bytes(
      'the commit of a transaction at the end of a partition is no lag, and ends a reader',
    ),
  },
  {
    mutation: 'kafka: the end of a transaction stays uncommitted, a lag for ever',
    file: `${kafka}/group-consumer.ts`,
    text: 'if (batchSize === 0)',
    replacement: 'if (batchSize < 0)',
    test: bytes(
      'the abort of a transaction at the end of a partition is no lag, and ends a reader',
    ),
  },
  {
    mutation: 'kafka: believes an offset that a producer wrote into its record',
    file: `${kafka}/fetch/record-batches.ts`,
    text: 'if (isTrue(batch, first)) continue;',
    replacement: 'if (batch.length > 0) continue;',
    test: fetched(
      'counts from the first offset of the batch, where a record claims an offset beyond its batch',
    ),
  },
  {
    mutation: 'kafka: hides a record that claims an offset before the position',
    file: `${kafka}/kafkajs-fixes.ts`,
    text: 'correctOffsets(messages);',
    replacement: 'void messages;',
    test: bytes('is read by a reader that begins at it'),
  },
  {
    mutation: 'kafka: a group that cannot start ends the process of its reader',
    file: `${kafka}/read-topic.ts`,
    text: `batches.on('error', () => undefined);`,
    replacement: '',
    test: {
      file: `${kafka}/read-topic.int.spec.ts`,
      title: 'a group that cannot start fails the read, and not the process',
    },
  },
  {
    mutation: 'kafka: commits over skipped offsets in front of which records are not complete',
    file: `${kafka}/commit-positions.ts`,
    text: 'if (committed?.offset !== recordsEnd) return;',
    replacement: '',
    test: commits(
      'does not commit skipped offsets before the records in front of them are complete',
    ),
  },
  {
    mutation: 'kafka: commits an offset of a partition that another member may own',
    file: `${kafka}/commit-positions.ts`,
    text: 'this.positions = new Map();',
    replacement: '',
    test: commits(
      'a rebalance forgets what was skipped, because another member may own the partition',
    ),
  },
  {
    mutation: 'topics: the broker keeps the codec of the producer',
    file: 'libs/contracts/src/topics.ts',
    text: `{ 'compression.type': 'uncompressed' }`,
    replacement: '{}',
    test: topics(
      'no topic stores compressed batches, because the consumers cannot read every codec',
    ),
  },
  {
    mutation: 'outbox: a row for a topic that does not exist stops the connector',
    file: 'apps/payments/src/migrations/0002-outbox.ts',
    text: `CHECK (topic = 'payment.completed')`,
    replacement: 'CHECK (true)',
    test: rows('PostgreSQL refuses an outbox row for a topic that does not exist'),
  },
  {
    mutation: 'outbox: a row above the size limit of a record stops the connector',
    file: 'apps/payments/src/migrations/0002-outbox.ts',
    text: 'octet_length(payload) <= 100000 AND',
    replacement: '',
    test: rows('PostgreSQL refuses an outbox row with a payload above 100,000 bytes'),
  },
  {
    mutation: 'connector: a stalled connector is called healthy after each restart',
    file: 'apps/console/src/connector/connector-supervisor.ts',
    text: 'this.stalledAt === undefined ? Math.min(unmovedMs, readForMs) : unmovedMs',
    replacement: 'Math.min(unmovedMs, readForMs)',
    test: supervisor(
      'a stalled connector is not healthy after a restart, until its position moves',
    ),
  },
  {
    mutation: 'connector: a large transaction of another tool counts as a stall',
    file: 'apps/console/src/connector/connector-supervisor.ts',
    text: '`${confirmed} ${spilledBytes}`',
    replacement: '`${confirmed} ${spilledBytes * 0n}`',
    test: supervisor(
      'does not disturb a connector while PostgreSQL decodes a large transaction for it',
    ),
  },
  {
    mutation: 'console: cannot show a dead letter whose timestamp is no date',
    file: 'apps/console/src/dead-letters/letter-record.ts',
    text: 'Number.isNaN(time.getTime()) ? String(ms) : time.toISOString()',
    replacement: 'time.toISOString()',
    test: letter('shows a record with the timestamp -4611686018427388000'),
  },
];
