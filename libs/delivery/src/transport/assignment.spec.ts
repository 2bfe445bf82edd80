import { aRecord } from '../testing/record.fixture.js';
import { Assignment, type AssignmentOptions } from './assignment.js';
import { noEvents } from '../partition/partition.fixture.js';
import { emptyMetadata } from '../recovery/offset-metadata.js';

const at = { topic: 'topic', partition: 0 };
const group = {
  commit: async () => undefined,
  refetch: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
};

function anAssignment(overrides: Partial<AssignmentOptions>): Assignment {
  return new Assignment({
    partitions: [at],
    memberName: 'me',
    completer: { complete: async () => undefined },
    group,
    takeOver: async () => () => ({ metadata: emptyMetadata(), committed: undefined }),
    events: noEvents,
    after: Promise.resolve(),
    ...overrides,
  });
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

it('starts no record while an effect of an earlier assignment runs, even two rebalances later', async () => {
  const log: string[] = [];
  let release!: () => void;
  const running = new Promise<void>((resolve) => (release = resolve));
  const fetched = { ...at, records: [aRecord()], endOffset: 1n };
  const started = (name: string) => async () => {
    log.push(`${name} starts`);
    if (name === 'first') await running;
  };
  const first = anAssignment({ completer: { complete: started('first') } });
  first.take(fetched);
  await turns();
  const second = anAssignment({
    completer: { complete: started('second') },
    after: first.close({ commit: false }),
  });
  second.take(fetched);
  const third = anAssignment({
    completer: { complete: started('third') },
    after: second.close({ commit: false }),
  });
  third.take(fetched);
  await turns();
  expect(log).toEqual(['first starts']);
  release();
  await turns();
  expect(log).toEqual(['first starts', 'third starts']);
  await third.close({ commit: true });
});

it('commits nothing after its partitions were revoked while it left', async () => {
  let release!: () => void;
  const running = new Promise<void>((resolve) => (release = resolve));
  const commits: bigint[] = [];
  const assignment = anAssignment({
    completer: { complete: async () => await running },
    group: { ...group, commit: async (_, nextOffset) => void commits.push(nextOffset) },
  });
  assignment.take({ ...at, records: [aRecord()], endOffset: 1n });
  await turns();
  const leaving = assignment.close({ commit: true });
  assignment.revoke();
  release();
  await leaving;
  expect(commits).toEqual([0n]);
});

it('does not retry the takeover once it is closed', async () => {
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

it('fetches again from the committed offset when later records arrive first', async () => {
  const refetched: unknown[] = [];
  const assignment = anAssignment({
    takeOver: async () => () => ({ metadata: emptyMetadata(), committed: 5n }),
    group: { ...group, refetch: (where, from) => refetched.push([where, from]) },
  });
  assignment.take({ ...at, records: [aRecord({ offset: 9n })], endOffset: 10n });
  await turns();
  expect(refetched).toEqual([[at, 5n]]);
  await assignment.close({ commit: true });
});

it('starts no record before it has read the metadata of the previous owners, and retries until it has', async () => {
  const log: string[] = [];
  const answers: ((isThere: boolean) => void)[] = [];
  const assignment = anAssignment({
    completer: { complete: async () => void log.push('completed') },
    takeOver: async () => {
      const isThere = await new Promise<boolean>((resolve) => answers.push(resolve));
      if (!isThere) throw new Error('no coordinator');
      return () => ({ metadata: emptyMetadata(), committed: undefined });
    },
    events: { ...noEvents, failed: (_, what) => log.push(what) },
    wait: async () => undefined,
  });
  assignment.take({ ...at, records: [aRecord()], endOffset: 1n });
  await turns();
  answers.shift()?.(false);
  await turns();
  expect(log).toEqual(['take over']);
  answers.shift()?.(true);
  await turns();
  expect(log).toEqual(['take over', 'completed']);
  await assignment.close({ commit: true });
});
