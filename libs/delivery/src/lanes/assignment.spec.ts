import { aRecord } from '../record.fixture.js';
import { Assignment, type AssignmentOptions } from './assignment.js';
import { emptyNote } from './note.js';

const at = { topic: 'topic', partition: 0 };

function anAssignment(overrides: Partial<AssignmentOptions>): Assignment {
  return new Assignment({
    partitions: [at],
    memberName: 'me',
    settle: async () => undefined,
    commit: async () => undefined,
    takeOver: async () => () => emptyNote(),
    onPauseReasons: () => undefined,
    onParked: () => undefined,
    onLag: () => undefined,
    onError: () => undefined,
    after: Promise.resolve(),
    ...overrides,
  });
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

it('starts nothing while an effect of the assignment before still runs, two rebalances later too', async () => {
  const log: string[] = [];
  let release!: () => void;
  const running = new Promise<void>((resolve) => (release = resolve));
  const fetched = { ...at, records: [aRecord()], endOffset: 1n };
  const started = (name: string) => async () => {
    log.push(`${name} starts`);
    if (name === 'first') await running;
  };
  const first = anAssignment({ settle: started('first') });
  first.take(fetched);
  await turns();
  const second = anAssignment({
    settle: started('second'),
    after: first.close({ commit: false }),
  });
  second.take(fetched);
  const third = anAssignment({ settle: started('third'), after: second.close({ commit: false }) });
  third.take(fetched);
  await turns();
  expect(log).toEqual(['first starts']);
  release();
  await turns();
  expect(log).toEqual(['first starts', 'third starts']);
  await third.close({ commit: true });
});

it('starts nothing before it knows what the members before left, and asks until it does', async () => {
  const log: string[] = [];
  const answers: ((isThere: boolean) => void)[] = [];
  const assignment = anAssignment({
    settle: async () => void log.push('settled'),
    takeOver: async () => {
      const isThere = await new Promise<boolean>((resolve) => answers.push(resolve));
      if (!isThere) throw new Error('no coordinator');
      return () => emptyNote();
    },
    onError: (_, what) => log.push(what),
  });
  assignment.take({ ...at, records: [aRecord()], endOffset: 1n });
  await turns();
  answers.shift()?.(false);
  await turns();
  expect(log).toEqual(['take over']);
  while (answers.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  answers.shift()?.(true);
  await turns();
  expect(log).toEqual(['take over', 'settled']);
  await assignment.close({ commit: true });
});
