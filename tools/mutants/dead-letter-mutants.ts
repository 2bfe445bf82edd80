import { killedBy, type Mutant } from './mutant.js';

const spec = (name: string) => killedBy(`apps/console/src/dead-letters/${name}.int.spec.ts`);
const intake = spec('intake');
const deciding = spec('deciding');
const redrive = spec('redrive');
const api = spec('api');

const source = (name: string) => `apps/console/src/dead-letters/${name}.ts`;

/** The promises about dead letters: each is listed once, and gets one final state. */
export const DEAD_LETTER_MUTANTS: readonly Mutant[] = [
  {
    mutation: 'dead letters: a header is stored without a check',
    file: source('parsed'),
    text: String.raw`text.replace(/\p{Cc}|\p{Cf}/gu, ' ')`,
    replacement: 'text',
    test: intake('records without or with impossible headers are listed, and hold up nobody'),
  },
  {
    mutation: 'dead letters: a record that claims to be a copy is believed',
    file: source('ingested'),
    text: '(await impostors(manager, consumer, letters)).map(asItself)',
    replacement: '[]',
    test: intake('what only claims to be a copy is listed as what it is, and hides nothing'),
  },
  {
    mutation: 'dead letters: a lagging console moves the position back',
    file: source('ingested'),
    text: 'greatest(position.next_offset, excluded.next_offset)',
    replacement: 'excluded.next_offset',
    test: intake('a console that is behind takes no position back'),
  },
  {
    mutation: 'dead letters: no limit of redrives (loop guard)',
    file: source('actions'),
    text: '     AND redrive_count < ${REDRIVES_MAX}\n',
    replacement: '',
    test: deciding(
      'the loop guard: what was redriven three times is named, and not redriven a fourth time',
    ),
  },
  {
    mutation: 'dead letters: a claimed dead letter is claimed a second time',
    file: source('actions'),
    text: `WHERE consumer = $1 AND state = 'pending' AND action_id IS NULL\n     AND redrive`,
    replacement: `WHERE consumer = $1 AND state = 'pending'\n     AND redrive`,
    test: deciding(
      'of those who decide about one dead letter at the same moment, one gets it, and the others hear so',
    ),
  },
  {
    mutation: 'dead letters: the database lets a statement change a final state',
    file: 'apps/console/src/migrations/1795219200002-dead-letters.ts',
    text: "FOR UPDATE USING (state = 'pending')",
    replacement: 'FOR UPDATE USING (true)',
    test: deciding('a final state never changes, whatever statement the console sends'),
  },
  {
    mutation: 'dead letters: marked as redriven before the record is sent',
    file: source('redrive'),
    text: '  await producer.sendAll(redriveTopic(redrive.consumer), messages);\n',
    replacement: `  await open.markRedriven(redrive, letters.map(({ id }) => id));
  await producer.sendAll(redriveTopic(redrive.consumer), messages);\n`,
    test: redrive(
      'is marked only when the broker has it: a broker that refuses leaves all of it pending',
    ),
  },
  {
    mutation: 'dead letters: a redrive does not increase the redrive count',
    file: source('redriven'),
    text: 'String(identity.redriveCount + 1)',
    replacement: 'String(identity.redriveCount)',
    test: redrive('goes out with its own key, bytes, headers and event id, one count higher'),
  },
  {
    mutation: 'dead letters: two consoles process one redrive',
    file: source('open-redrives'),
    text: '      if (!lock.held) return;\n',
    replacement: '',
    test: redrive('two consoles at work on one redrive send each dead letter once'),
  },
  {
    mutation: 'dead letters: a failed redrive ends the others',
    file: source('redrive'),
    text: '      .catch((error: unknown) => errors.push(error));',
    replacement: '      .then(() => errors.length);',
    test: redrive('one redrive that cannot go on does not hold up the next'),
  },
  {
    mutation: 'dead letters: any token may redrive or discard',
    file: source('dead-letters.controller'),
    text: '@UseGuards(OperatorGuard)',
    replacement: '',
    test: api('is for operators: a customer is refused, and so is who has only the demo secret'),
  },
];
