import { constants, createReadStream } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { recover } from './journal-recovery.js';

// Group commit: one fsync covers all entries that arrived during the previous one. With one fsync
// of 1 ms per entry, the PSP could do only 1,000 charges a second.
const BATCH_MAX = 1_000;
// Every write is also an fdatasync (open(2), O_DSYNC). One system call is one job of Node's thread
// pool, and waking a thread costs more than either of the two calls.
const APPEND_SYNCED =
  constants.O_CREAT | constants.O_WRONLY | constants.O_APPEND | constants.O_DSYNC;
// With more waiting entries, the disk does not keep up. The caller gets an error now, and not after
// its own timeout.
const WAITING_MAX = 10_000;

interface Waiting<Entry> {
  entry: Entry;
  resolve: () => void;
  reject: (error: Error) => void;
}

/**
 * The log of what an external system did: one JSON line per entry, append-only. An entry is
 * readable only after its fsync, so no client sees a charge that a crash could still undo.
 */
export class Journal<Entry> {
  private readonly waiting: Waiting<Entry>[] = [];
  private writing: Promise<void> = Promise.resolve();
  private isWriting = false;
  private failure: Error | null = null;
  /** Key → its lines, so that a query for one payment does not read all of them. */
  private readonly linesByKey = new Map<string, number[]>();

  private constructor(
    private readonly file: FileHandle,
    private readonly onDisk: Entry[],
    private readonly keyOf: (entry: Entry) => string | null,
  ) {
    onDisk.forEach((entry, line) => this.index(entry, line));
  }

  /**
   * Opens or creates the file. Cuts off a last line that a crash tore: no client got its answer.
   */
  static async open<Entry>(
    path: string,
    keyOf: (entry: Entry) => string | null,
  ): Promise<Journal<Entry>> {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, APPEND_SYNCED);
    const { entries, wholeBytes } = await recover<Entry>(createReadStream(path));
    await file.truncate(wholeBytes);
    await file.sync();
    await syncFolder(dirname(path));
    return new Journal(file, entries, keyOf);
  }

  /** Oldest first. */
  get entries(): readonly Entry[] {
    return this.onDisk;
  }

  /** The lines whose entries have this key, ascending. */
  linesOf(key: string): readonly number[] {
    return this.linesByKey.get(key) ?? [];
  }

  /** Resolves after the fsync of the entry. @throws Error if the disk failed or cannot keep up. */
  async append(entry: Entry): Promise<void> {
    this.assertWritable();
    if (this.waiting.length >= WAITING_MAX) throw new Error('the journal cannot keep up');
    const appended = new Promise<void>((resolve, reject) =>
      this.waiting.push({ entry, resolve, reject }),
    );
    if (!this.isWriting) this.writing = this.writeWaiting();
    await appended;
  }

  /** @throws Error after a failed write: only a restart re-reads what the file contains. */
  assertWritable(): void {
    if (this.failure) throw new Error('the journal failed', { cause: this.failure });
  }

  async close(): Promise<void> {
    await this.writing;
    await this.file.close();
  }

  private async writeWaiting(): Promise<void> {
    this.isWriting = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, BATCH_MAX);
      try {
        await this.write(batch.map(({ entry }) => `${JSON.stringify(entry)}\n`).join(''));
      } catch (error) {
        this.fail(error as Error, [...batch, ...this.waiting.splice(0)]);
        break;
      }
      for (const { entry, resolve } of batch) {
        this.index(entry, this.onDisk.push(entry) - 1);
        resolve();
      }
    }
    this.isWriting = false;
  }

  /** Resolves after the fsync. One call may write only a part (write(2)). */
  private async write(lines: string): Promise<void> {
    let unwritten: Buffer = Buffer.from(lines);
    while (unwritten.length > 0) {
      const { bytesWritten } = await this.file.write(unwritten);
      unwritten = unwritten.subarray(bytesWritten);
    }
  }

  private index(entry: Entry, line: number): void {
    const key = this.keyOf(entry);
    if (key === null) return;
    const lines = this.linesByKey.get(key);
    if (lines) lines.push(line);
    else this.linesByKey.set(key, [line]);
  }

  private fail(failure: Error, unwritten: Waiting<Entry>[]): void {
    this.failure = failure;
    for (const { reject } of unwritten) reject(failure);
  }
}

/** The name of a new file is durable only after an fsync of its folder (fsync(2)). */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync();
  await folder.close();
}
