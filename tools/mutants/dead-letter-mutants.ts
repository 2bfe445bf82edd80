import { killedBy, type Mutant } from './mutant.js';

const spec = (name: string) => killedBy(`apps/console/src/dead-letters/${name}.int.spec.ts`);
const ingest = spec('ingest/ingest');
const anew = spec('ingest/topic-made-anew');
const commands = spec('commands/commands');
const redrive = spec('redrive/redrive');
const api = spec('api');
const retention = killedBy('apps/console/src/runtime/retention.int.spec.ts');
const topics = killedBy('libs/contracts/src/topics.spec.ts');
const letters = killedBy('libs/delivery/src/dead-letter.spec.ts');
const letter = 'libs/delivery/src/dead-letter.ts';
const migration = 'apps/console/src/migrations/1795219200002-dead-letters.ts';

const source = (name: string) => `apps/console/src/dead-letters/${name}.ts`;

/** The promises about dead letters: each is listed once, and gets one final state. */
export const DEAD_LETTER_MUTANTS: readonly Mutant[] = [
  {
    mutation: 'dead letters: a header is stored without a check',
    file: source('ingest/parsed-dead-letter'),
    text: String.raw`text.replace(/\p{Cc}|\p{Cf}/gu, ' ')`,
    replacement: 'text',
    test: ingest('records with missing or invalid headers are listed, and delay no other'),
  },
  {
    mutation: 'dead letters: a record that claims to be a copy is believed',
    file: source('ingest/ingested-dead-letters'),
    text: '(await impostors(manager, consumer, rows)).map(asItself)',
    replacement: '[]',
    test: ingest('a false copy is listed as a dead letter of its own, and hides no other'),
  },
  {
    mutation: 'dead letters: a lagging console moves the position back',
    file: source('ingest/ingested-dead-letters'),
    text: 'greatest(position.next_offset, excluded.next_offset)',
    replacement: 'excluded.next_offset',
    test: ingest('a console that lags behind moves no position back'),
  },
  {
    mutation: 'dead letters: a topic that was made anew is noticed by its length only',
    file: source('ingest/made-anew'),
    text: 'if (isOtherTopic) return 0n;',
    replacement: '',
    test: anew(
      'skips no letter of a topic that was made anew and grew longer while the console was away',
    ),
  },
  {
    mutation: 'dead letters: a redrive sends whatever record has the position',
    file: source('redrive/redrive'),
    text: '?.find((one) => one.contentSha256 === content)',
    replacement: '?.at(0)',
    test: redrive('a redrive sends no other record that has the position of a dead letter'),
  },
  {
    mutation: 'dead letters: no limit of redrives (loop guard)',
    file: source('commands/actions'),
    text: 'redrive_count < ${REDRIVES_MAX} AND NOT',
    replacement: 'NOT',
    test: commands('the loop guard refuses a fourth redrive, and names the dead letter'),
  },
  {
    mutation: 'dead letters: a claimed dead letter is claimed a second time',
    file: source('commands/actions'),
    text: `WHERE state = 'pending' AND action_id IS NULL\n     AND redrive`,
    replacement: `WHERE state = 'pending'\n     AND redrive`,
    test: commands(
      'of concurrent commands for one dead letter, one gets it and the others are refused',
    ),
  },
  {
    mutation: 'dead letters: the database lets a statement change a final state',
    file: migration,
    text: "FOR UPDATE USING (state = 'pending')",
    replacement: 'FOR UPDATE USING (true)',
    test: commands('no statement of the console can change a final state'),
  },
  {
    mutation: 'dead letters: marked as redriven before the record is sent',
    file: source('redrive/redrive'),
    text: '  await producer.sendAll(redriveTopic(redrive.consumer), messages);\n',
    replacement: `  await open.markRedriven(redrive, letters.map(({ id }) => id));
  await producer.sendAll(redriveTopic(redrive.consumer), messages);\n`,
    test: redrive(
      'a dead letter is marked only after the acknowledgement of the broker, and stays pending if the broker refuses',
    ),
  },
  {
    mutation: 'dead letters: a redrive does not increase the redrive count',
    file: source('redrive/redriven'),
    text: 'String(identity.redriveCount + 1)',
    replacement: 'String(identity.redriveCount)',
    test: redrive(
      'a redriven record has the same key, value, headers and event id, and a redrive count one higher',
    ),
  },
  {
    mutation: 'dead letters: two consoles process one redrive',
    file: source('redrive/open-redrives'),
    text: '      if (!lock.held) return;\n',
    replacement: '',
    test: redrive('two consoles produce each dead letter of one redrive once'),
  },
  {
    mutation: 'dead letters: a failed redrive ends the others',
    file: source('redrive/redrive'),
    text: '      .catch((error: unknown) => errors.push(error));',
    replacement: '      .then(() => errors.length);',
    test: redrive('a failing redrive does not delay the next one'),
  },
  {
    mutation: 'dead letters: any token may redrive or discard',
    file: source('dead-letters.controller'),
    text: '@UseGuards(OperatorGuard)',
    replacement: '',
    test: api('only operators have access: customers and tokens with the demo secret are refused'),
  },
  {
    mutation: 'dead letters: a discarded one of a payment is pruned, and the audit reports a loss',
    file: migration,
    text: `        WHERE (state = 'redriven' OR (state = 'discarded' AND payment_id IS NULL))\n`,
    replacement: `        WHERE state IN ('redriven', 'discarded')\n`,
    test: retention(
      'is not pruned: a discarded one of a payment, which the audit reads as the reason for a missing effect',
    ),
  },
  {
    mutation: 'dead letters: pruned while their records are in the topic',
    file: migration,
    text: 'IF days_kept < 60 THEN',
    replacement: 'IF days_kept < 1 THEN',
    test: retention(
      'is kept longer than its record is in the topic, so that I10 finds a row for each record',
    ),
  },
  {
    mutation: 'dead letters: the dead-letter topic takes no more than the main topic',
    file: 'libs/contracts/src/topics.ts',
    text: 'String(BATCH_BYTES_MAX.deadLetter)',
    replacement: 'String(BATCH_BYTES_MAX.event)',
    test: topics('a dead letter fits into its topic, and its redrive into the redrive topic'),
  },
  {
    mutation: 'dead letters: one that is too large for its topic is tried for ever',
    file: letter,
    text: 'if (!(error instanceof BatchTooLarge)) throw error;',
    replacement: 'if (error !== undefined) throw error;',
    test: letters('is cut: key, value and headers, each with its number'),
  },
  {
    mutation: 'dead letters: a record that its topic refuses for another reason is cut',
    file: letter,
    text: 'if (!(error instanceof BatchTooLarge)) throw error;',
    replacement: '',
    test: letters('is not cut when the topic takes it, or refuses it for another reason'),
  },
  {
    mutation: 'dead letters: believes the position in the headers of a foreign record',
    file: letter,
    text: String.raw`/^[\w.-]{1,249}$/`,
    replacement: '/^[^]*$/',
    test: letters('trusts no position that a producer wrote into the headers of its record'),
  },
  {
    mutation: 'kafka: after a failure the producer goes on with sequence numbers that are taken',
    file: 'libs/kafka/src/produce/producer.ts',
    text: '!isRefused || messages.length > 1',
    replacement: 'false',
    test: killedBy('libs/kafka/src/produce/producer.int.spec.ts')(
      'loses no record after the broker refused another one of the same request for its size',
    ),
  },
  {
    mutation:
      'dead letters: one that the redrive topic does not take holds up its redrive for ever',
    file: source('redrive/redrive'),
    text: 'if (!(error instanceof BatchTooLarge)) throw error;',
    replacement: 'if (error !== undefined) throw error;',
    test: redrive(
      'a redrive gives back a dead letter that the redrive topic does not take, and redrives the others',
    ),
  },
  {
    mutation: 'dead letters: a cut one is redriven with its first bytes only',
    file: source('redrive/redrive'),
    text: 'claim.valueCut === null',
    replacement: 'claim.id',
    test: redrive('is redriven with the bytes and headers of its original record'),
  },
  {
    mutation: 'dead letters: redrives any record at the position of the original',
    file: source('redrive/redrive'),
    text: 'original && isOriginalOf(letter, original) ?',
    replacement: 'original ?',
    test: redrive(
      'is refused when its original record is another record, because the topic was created again',
    ),
  },
  {
    mutation: 'dead letters: each redrive claims again what no topic has any more',
    file: source('commands/actions'),
    text: ' AND NOT ${IS_GONE}',
    replacement: '',
    test: redrive('is refused when its original record has left its topic'),
  },
  {
    mutation: 'dead letters: a time in the future hides that the original record will be deleted',
    file: source('ingest/parsed-dead-letter'),
    text: 'Math.min(Number(producedMs ?? diedMs), diedMs)',
    replacement: 'Number(producedMs ?? diedMs)',
    test: ingest('a cut dead letter says how long its original record can be redriven'),
  },
  {
    mutation: 'dead letters: a redrive takes another number than the operator expects',
    file: source('commands/actions'),
    text: 'what.expect !== undefined && what.expect !== ids.length',
    replacement: 'false',
    test: commands('a command that expects another count does nothing, and says both counts'),
  },
  {
    mutation: 'dead letters: a decision also takes what came after the count',
    file: source('requests'),
    text: 'OR seq <= $${first + 2})',
    replacement: 'OR true)',
    test: commands('a command that expects another count does nothing, and says both counts'),
  },
  {
    mutation: 'dead letters: a dry run calls a collision already done',
    file: source('commands/forecast-effects'),
    text: "collides ? 'the store holds this payment, perhaps with other content' : undefined",
    replacement: 'collides ? undefined : undefined',
    test: killedBy('apps/console/src/dead-letters/commands/forecast-effects.spec.ts')(
      'says what it cannot know, and never guesses',
    ),
  },
  {
    mutation: 'dead letters: an exported payment keeps what looks like a mail address',
    file: 'apps/console/src/web/pages/payment/bundle/incident-bundle.ts',
    text: 'value.replace(TOKEN, REMOVED).replace(MAIL_ADDRESS, REMOVED)',
    replacement: 'value.replace(TOKEN, REMOVED)',
    test: killedBy('apps/console/src/web/pages/payment/bundle/bundle.spec.ts')(
      'holds no mail address and no token, whatever a text from outside says',
    ),
  },
];
