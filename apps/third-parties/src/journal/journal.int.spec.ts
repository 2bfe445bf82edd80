import { appendFile, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Journal } from './journal.js';

interface Entry {
  n: number;
}
const keyOf = ({ n }: Entry) => String(n);

describe('a journal on disk', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'journal-'));
    path = join(folder, 'deep', 'entries.jsonl');
  });
  afterEach(async () => await rm(folder, { recursive: true }));

  it('has every resolved entry on disk, in order, for two hundred concurrent writers', async () => {
    const journal = await Journal.open<Entry>(path, keyOf);
    const numbers = Array.from({ length: 200 }, (_, n) => n);
    await Promise.all(
      numbers.map(async (n) => {
        await journal.append({ n });
        expect(await readFile(path, 'utf8')).toContain(`{"n":${n}}\n`);
      }),
    );
    expect(journal.entries).toEqual(numbers.map((n) => ({ n })));
    await journal.close();
  });

  it('resolves an append after the fsync, and many appends share one fsync', async () => {
    const journal = await Journal.open<Entry>(path, keyOf);
    const probe = await open(path, 'r');
    const fileHandle = Object.getPrototypeOf(probe) as { datasync: () => Promise<void> };
    await probe.close();
    let finish = () => {};
    const held = new Promise<void>((resolve) => (finish = resolve));
    const datasync = jest.spyOn(fileHandle, 'datasync').mockReturnValue(held);

    let answered = 0;
    const appends = Array.from({ length: 100 }, async (_, n) => {
      await journal.append({ n });
      answered++;
    });
    while (datasync.mock.calls.length === 0) await new Promise(setImmediate);
    expect(answered).toBe(0);
    finish();
    await Promise.all(appends);
    // The first append is written at once. All appends that arrived meanwhile share the second
    // fsync.
    expect(datasync).toHaveBeenCalledTimes(2);
    datasync.mockRestore();
    await journal.close();
  });

  it('shows an entry only after its fsync', async () => {
    const journal = await Journal.open<Entry>(path, keyOf);
    const appended = journal.append({ n: 1 });
    expect(journal.entries).toEqual([]);
    await appended;
    expect(journal.entries).toEqual([{ n: 1 }]);
    await journal.close();
  });

  it('finds the lines of a key, before and after a restart', async () => {
    const journal = await Journal.open<Entry>(path, keyOf);
    for (const n of [1, 2, 1]) await journal.append({ n });
    expect(journal.linesOf('1')).toEqual([0, 2]);
    expect(journal.linesOf('3')).toEqual([]);
    await journal.close();
    const again = await Journal.open<Entry>(path, keyOf);
    expect(again.linesOf('1')).toEqual([0, 2]);
    await again.close();
  });

  it('removes a line that a crash tore, and then appends', async () => {
    const before = await Journal.open<Entry>(path, keyOf);
    await before.append({ n: 1 });
    await before.close();
    await appendFile(path, '{"n":2');

    const after = await Journal.open<Entry>(path, keyOf);
    expect(after.entries).toEqual([{ n: 1 }]);
    await after.append({ n: 3 });
    await after.close();
    expect(await readFile(path, 'utf8')).toBe('{"n":1}\n{"n":3}\n');
  });

  it('refuses appends after a failed write, because only a restart re-reads the file', async () => {
    const journal = await Journal.open<Entry>(path, keyOf);
    await journal.close();
    await expect(journal.append({ n: 1 })).rejects.toThrow();
    await expect(journal.append({ n: 2 })).rejects.toThrow('the journal failed');
    expect(() => journal.assertWritable()).toThrow('the journal failed');
    expect(journal.entries).toEqual([]);
  });
});
