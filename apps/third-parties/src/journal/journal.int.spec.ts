import { constants } from 'node:fs';
import { appendFile, mkdtemp, open, readFile, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Journal } from './journal.js';

interface Entry {
  n: number;
}
const keyOf = ({ n }: Entry) => String(n);

interface HandlePrototype {
  sync: (this: FileHandle) => Promise<void>;
  write: (this: FileHandle, lines: Buffer) => Promise<{ bytesWritten: number }>;
}

async function fileHandle(): Promise<HandlePrototype> {
  const probe = await open(tmpdir(), 'r');
  await probe.close();
  return Object.getPrototypeOf(probe) as HandlePrototype;
}

/** The flags with which this process opened a file (proc_pid_fdinfo(5)). */
async function openFlags(fd: number): Promise<number> {
  const info = await readFile(`/proc/self/fdinfo/${fd}`, 'utf8');
  return Number.parseInt(/^flags:\s*(\d+)$/m.exec(info)?.[1] ?? '', 8);
}

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

  // The flag is the fsync: with it, a write returns after its data is on disk (open(2), O_DSYNC).
  it('resolves an append after a synced write, and many appends share one', async () => {
    const opened = jest.spyOn(await fileHandle(), 'sync');
    const journal = await Journal.open<Entry>(path, keyOf);
    const { fd } = opened.mock.contexts[0] as FileHandle;
    opened.mockRestore();
    expect((await openFlags(fd)) & constants.O_DSYNC).toBe(constants.O_DSYNC);

    const { write } = await fileHandle();
    let finish = () => {};
    const held = new Promise<void>((resolve) => (finish = resolve));
    const writes = jest.spyOn(await fileHandle(), 'write').mockImplementation(async function (
      this: FileHandle,
      lines: Buffer,
    ) {
      await held;
      return await write.call(this, lines);
    });

    let answered = 0;
    const appends = Array.from({ length: 100 }, async (_, n) => {
      await journal.append({ n });
      answered++;
    });
    while (writes.mock.calls.length === 0) await new Promise(setImmediate);
    expect(answered).toBe(0);
    finish();
    await Promise.all(appends);
    // The first append is written at once. All appends that arrived meanwhile share the second
    // write.
    expect(writes).toHaveBeenCalledTimes(2);
    writes.mockRestore();
    await journal.close();
  });

  it('writes on when the system wrote only a part', async () => {
    const journal = await Journal.open<Entry>(path, keyOf);
    const { write } = await fileHandle();
    const writes = jest.spyOn(await fileHandle(), 'write').mockImplementation(async function (
      this: FileHandle,
      lines: Buffer,
    ) {
      return await write.call(this, lines.subarray(0, 5));
    });
    await journal.append({ n: 123_456 });
    writes.mockRestore();
    await journal.close();
    expect(await readFile(path, 'utf8')).toBe('{"n":123456}\n');
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
