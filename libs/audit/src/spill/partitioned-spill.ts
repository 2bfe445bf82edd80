import { open, mkdtemp, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { UnreadableStore } from '../stores/unreadable-store.js';

/** Facts of one bucket that wait in memory before they are written together. */
const TOGETHER_MAX = 256;

interface Extent {
  position: number;
  bytes: number;
}

/**
 * Facts dealt into buckets by the hash of their key, so that everything about one key lies together and
 * one bucket at a time fits into memory, however many there are (a Grace hash join's partitions).
 *
 *   put(key, fact) ──► hash ──► bucket's few waiting facts ──► appended to one nameless file
 *
 * The file is removed as soon as it is open: the system frees it with the process, also after kill -9.
 */
export class Deal<Fact> {
  private readonly waiting: Fact[][];
  private readonly extents: Extent[][];
  private file: Promise<FileHandle> | undefined;
  private end = 0;

  constructor(readonly bucketCount: number) {
    this.waiting = Array.from({ length: bucketCount }, () => []);
    this.extents = Array.from({ length: bucketCount }, () => []);
  }

  /**
   * Whoever does not await what this returns fills the memory that it is here to save.
   * @throws UnreadableStore when the disk is full.
   */
  put(key: string, fact: Fact): Promise<void> | undefined {
    const bucket = hash(key) % this.bucketCount;
    const waiting = this.waiting[bucket] as Fact[];
    waiting.push(fact);
    return waiting.length < TOGETHER_MAX ? undefined : this.write(bucket);
  }

  /** A bucket's facts in the order they were put. */
  async *bucket(bucket: number): AsyncGenerator<Fact> {
    for (const extent of this.extents[bucket] ?? []) yield* await this.read(extent);
    yield* this.waiting[bucket] ?? [];
  }

  /** One bucket after the other, each whole. */
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

  // The place in the file is taken before anything is awaited: several readers put at once.
  private async write(bucket: number): Promise<void> {
    await onOwnDisk(async () => {
      const together = serialize(this.waiting[bucket]);
      this.waiting[bucket] = [];
      const position = this.end;
      this.end += together.length;
      this.extents[bucket]?.push({ position, bytes: together.length });
      const file = await (this.file ??= openNameless());
      const { bytesWritten } = await file.write(together, 0, together.length, position);
      if (bytesWritten < together.length) throw new Error('the disk took only a part');
    });
  }

  private async read({ position, bytes }: Extent): Promise<Fact[]> {
    return await onOwnDisk(async () => {
      const buffer = Buffer.allocUnsafe(bytes);
      const { bytesRead } = (await (await this.file)?.read(buffer, 0, bytes, position)) ?? {};
      if (bytesRead !== bytes) throw new Error('the disk gave only a part');
      return deserialize(buffer) as Fact[];
    });
  }
}

async function openNameless(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'effectively-once-audit-'));
  try {
    return await open(join(folder, 'facts'), 'wx+', 0o600);
  } finally {
    await rm(folder, { recursive: true });
  }
}

// Named, or a full disk would be reported as the store that was being read.
async function onOwnDisk<Result>(use: () => Promise<Result>): Promise<Result> {
  try {
    return await use();
  } catch (error) {
    throw new UnreadableStore(`the auditor's own file in ${tmpdir()}`, error);
  }
}

/** FNV-1a, 32 bit: spreads ids evenly and costs next to nothing. */
function hash(key: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) {
    value = Math.imul(value ^ key.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
