import { open, mkdtemp, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { UnreadableStore } from '../stores/unreadable-store.js';

/** How many facts of one bucket wait in memory, before one write takes them all to disk. */
const BATCH_FACTS_MAX = 256;

interface Extent {
  position: number;
  bytes: number;
}

/**
 * Partitions facts into buckets on disk by the hash of their key: the partitions of a Grace hash
 * join. All facts of one key lie in one bucket, and one bucket at a time fits into memory, however
 * many facts there are.
 *
 *   put(key, fact) ──► hash ──► batch of the bucket, in memory ──► appended to one unlinked file
 *
 * The file is unlinked as soon as it is open, so the operating system frees it when the process
 * ends, also after kill -9.
 */
export class PartitionedSpill<Fact> {
  private readonly waiting: Fact[][];
  private readonly extents: Extent[][];
  private file: Promise<FileHandle> | undefined;
  private end = 0;

  constructor(readonly bucketCount: number) {
    this.waiting = Array.from({ length: bucketCount }, () => []);
    this.extents = Array.from({ length: bucketCount }, () => []);
  }

  /**
   * Await the result. A caller that does not await it fills the memory (backpressure).
   * @throws UnreadableStore if the disk is full.
   */
  put(key: string, fact: Fact): Promise<void> | undefined {
    const bucket = hash(key) % this.bucketCount;
    const waiting = this.waiting[bucket] as Fact[];
    waiting.push(fact);
    return waiting.length < BATCH_FACTS_MAX ? undefined : this.write(bucket);
  }

  /** The facts of a bucket, in the order in which they were put. */
  async *bucket(bucket: number): AsyncGenerator<Fact> {
    for (const extent of this.extents[bucket] ?? []) yield* await this.read(extent);
    yield* this.waiting[bucket] ?? [];
  }

  /** All facts of one bucket, then of the next. */
  async *buckets(): AsyncGenerator<Fact[]> {
    for (let bucket = 0; bucket < this.bucketCount; bucket++) {
      const facts: Fact[] = [];
      for await (const fact of this.bucket(bucket)) facts.push(fact);
      yield facts;
    }
  }

  async close(): Promise<void> {
    await (await this.file)?.close();
  }

  // Reserve the position in the file before the first await: several readings put facts at once.
  private async write(bucket: number): Promise<void> {
    await onLocalDisk(async () => {
      const batch = serialize(this.waiting[bucket]);
      this.waiting[bucket] = [];
      const position = this.end;
      this.end += batch.length;
      this.extents[bucket]?.push({ position, bytes: batch.length });
      const file = await (this.file ??= openUnlinkedFile());
      const { bytesWritten } = await file.write(batch, 0, batch.length, position);
      if (bytesWritten < batch.length) throw new Error('only a part was written to disk');
    });
  }

  private async read({ position, bytes }: Extent): Promise<Fact[]> {
    return await onLocalDisk(async () => {
      const buffer = Buffer.allocUnsafe(bytes);
      const { bytesRead } = (await (await this.file)?.read(buffer, 0, bytes, position)) ?? {};
      if (bytesRead !== bytes) throw new Error('only a part was read from disk');
      return deserialize(buffer) as Fact[];
    });
  }
}

async function openUnlinkedFile(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'effectively-once-audit-'));
  try {
    return await open(join(folder, 'facts'), 'wx+', 0o600);
  } finally {
    await rm(folder, { recursive: true });
  }
}

// Name the disk. Otherwise a full disk would be reported as a failure of the store that is being
// read.
async function onLocalDisk<Result>(use: () => Promise<Result>): Promise<Result> {
  try {
    return await use();
  } catch (error) {
    throw new UnreadableStore(`the auditor's own file in ${tmpdir()}`, error);
  }
}

/** FNV-1a, 32 bit: cheap, and spreads ids evenly. */
function hash(key: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) {
    value = Math.imul(value ^ key.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
