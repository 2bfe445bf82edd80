import { aRecord } from '../testing/record.fixture.js';
import { Assignment, type AssignmentOptions } from './assignment.js';
import { emptyNote } from '../recovery/offset-metadata.js';

const at = { topic: 'topic', partition: 0 };

function anAssignment(overrides: Partial<AssignmentOptions>): Assignment {
  return new Assignment({
    partitions: [at],
    memberName: 'me',
    settle: async () => undefined,
    commit: async () => undefined,
    takeOver: async () => () => ({ note: emptyNote(), committed: undefined }),
    refetch: () => undefined,
    onPauseReasons: () => undefined,
    onParked: () => undefined,
    onLag: () => undefined,
    onHeld: () => undefined,
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

it('commits nothing any more that was dealt anew while it was leaving', async () => {
  let release!: () => void;
  const running = new Promise<void>((resolve) => (release = resolve));
  const commits: bigint[] = [];
  const assignment = anAssignment({
    settle: async () => await running,
    commit: async (_, nextOffset) => void commits.push(nextOffset),
  });
  assignment.take({ ...at, records: [aRecord()], endOffset: 1n });
  await turns();
  const leaving = assignment.close({ commit: true });
  assignment.disown();
  release();
  await leaving;
  expect(commits).toEqual([0n]);
});

it('asks no more once it is closed', async () => {
  const answers: ((error: Error) => void)[] = [];
  const assignment = anAssignment({
    takeOver: () => new Promise((_, reject) => answers.push(reject)),
    wait: async () => undefined,
  });
  await turns();
  answers[0]?.(new Error('no coordinator'));
  await turns();
  expect(answers).toHaveLength(2);
  await assignment.close({ commit: false });
  answers[1]?.(new Error('no coordinator'));
  await turns();
  expect(answers).toHaveLength(2);
});

it('fetches again from what was committed when later records come first', async () => {
  const refetched: unknown[] = [];
  const assignment = anAssignment({
    takeOver: async () => () => ({ note: emptyNote(), committed: 5n }),
    refetch: (where, from) => refetched.push([where, from]),
  });
  assignment.take({ ...at, records: [aRecord({ offset: 9n })], endOffset: 10n });
  await turns();
  expect(refetched).toEqual([[at, 5n]]);
  await assignment.close({ commit: true });
});

it('starts nothing before it knows what the members before left, and asks until it does', async () => {
  const log: string[] = [];
  const answers: ((isThere: boolean) => void)[] = [];
  const assignment = anAssignment({
    settle: async () => void log.push('settled'),
    takeOver: async () => {
      const isThere = await new Promise<boolean>((resolve) => answers.push(resolve));
      if (!isThere) throw new Error('no coordinator');
      return () => ({ note: emptyNote(), committed: undefined });
    },
    onError: (_, what) => log.push(what),
    wait: async () => undefined,
  });
  assignment.take({ ...at, records: [aRecord()], endOffset: 1n });
  await turns();
  answers.shift()?.(false);
  await turns();
  expect(log).toEqual(['take over']);
  answers.shift()?.(true);
  await turns();
  expect(log).toEqual(['take over', 'settled']);
  await assignment.close({ commit: true });
});
