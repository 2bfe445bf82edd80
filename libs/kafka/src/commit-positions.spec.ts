import { CommitPositions } from './commit-positions.js';

const at = { topic: 'topic', partition: 0 };
const settled = async () => await new Promise((resolve) => setImmediate(resolve));

function world() {
  const sent: string[] = [];
  const state = { refuses: false };
  const positions = new CommitPositions(async (_at, offset, metadata) => {
    if (state.refuses) throw new Error('the coordinator has moved');
    sent.push(`${offset} ${metadata}`);
  });
  return { positions, sent, state };
}

it('commits the offset that is asked for while later records are not complete', async () => {
  const { positions, sent } = world();
  positions.fetched(at, { recordsEnd: 10n, nextOffset: 11n });
  await positions.commit(at, 7n, 'metadata');
  expect(sent).toEqual(['7 metadata']);
});

it('commits over offsets without a record once every record is complete', async () => {
  const { positions, sent } = world();
  positions.fetched(at, { recordsEnd: 10n, nextOffset: 11n });
  await positions.commit(at, 10n, 'metadata');
  expect(sent).toEqual(['11 metadata']);
});

it('commits offsets that are skipped after the last commit, with its metadata', async () => {
  const { positions, sent } = world();
  positions.fetched(at, { recordsEnd: 10n, nextOffset: 10n });
  await positions.commit(at, 10n, 'metadata');
  positions.skipped(at, 11n);
  await settled();
  expect(sent).toEqual(['10 metadata', '11 metadata']);
});

it('does not commit skipped offsets before the records in front of them are complete', async () => {
  const { positions, sent } = world();
  positions.fetched(at, { recordsEnd: 10n, nextOffset: 10n });
  await positions.commit(at, 9n, 'one left');
  positions.skipped(at, 11n);
  await settled();
  expect(sent).toEqual(['9 one left']);
  await positions.commit(at, 10n, 'none left');
  expect(sent.at(-1)).toBe('11 none left');
});

it('commits skipped offsets also if this member has received no record', async () => {
  const { positions, sent } = world();
  positions.skipped(at, 3n);
  await settled();
  expect(sent).toEqual(['3 ']);
});

it('a refused commit is an error for its caller, and does not block the next one', async () => {
  const { positions, sent, state } = world();
  positions.fetched(at, { recordsEnd: 10n, nextOffset: 10n });
  state.refuses = true;
  await expect(positions.commit(at, 10n, '')).rejects.toThrow('the coordinator has moved');
  positions.skipped(at, 12n);
  await settled();
  state.refuses = false;
  await positions.commit(at, 10n, '');
  expect(sent).toEqual(['12 ']);
});

it('a rebalance forgets what was skipped, because another member may own the partition', async () => {
  const { positions, sent } = world();
  positions.fetched(at, { recordsEnd: 10n, nextOffset: 11n });
  positions.forget();
  await positions.commit(at, 10n, '');
  expect(sent).toEqual(['10 ']);
});
