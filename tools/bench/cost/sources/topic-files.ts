import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Counter } from '../ledger.js';

/** Base offset (8 bytes) and length of what follows (4 bytes): the head of every record batch. */
const HEAD_BYTES = 12;

/**
 * Bytes and record batches of every topic, from the segment files of a broker on this machine. A
 * batch is what one produce request wrote to one partition. In `__consumer_offsets` a batch is one
 * commit request. So they count requests that the broker has no metric of.
 *
 * @see https://kafka.apache.org/documentation/#recordbatch
 */
export class TopicFiles {
  /** Where the count of each file ended, so that a reading walks only what is new. */
  private readonly walked = new Map<string, { bytes: number; batches: number }>();

  constructor(private readonly folder: string) {}

  /** @returns none if the folder cannot be read: in a container, or of another account. */
  read(): Counter[] {
    const topics = new Map<string, { bytes: number; batches: number }>();
    for (const name of foldersIn(this.folder)) {
      const topic = /^(.+)-\d+$/.exec(name)?.[1];
      if (topic === undefined) continue;
      const sum = topics.get(topic) ?? { bytes: 0, batches: 0 };
      for (const file of foldersIn(join(this.folder, name)).filter((one) => one.endsWith('.log'))) {
        const { bytes, batches } = this.walk(join(this.folder, name, file));
        sum.bytes += bytes;
        sum.batches += batches;
      }
      topics.set(topic, sum);
    }
    return [...topics].flatMap(([topic, { bytes, batches }]) => [
      { where: `topic ${topic}`, what: 'batches', unit: 'times' as const, value: batches },
      { where: `topic ${topic}`, what: 'log', unit: 'B' as const, value: bytes },
    ]);
  }

  private walk(file: string): { bytes: number; batches: number } {
    const size = statSync(file).size;
    let { bytes: at, batches } = this.walked.get(file) ?? { bytes: 0, batches: 0 };
    // A compacted segment is a new, shorter file with the old name.
    if (at > size) [at, batches] = [0, 0];
    const descriptor = openSync(file, 'r');
    try {
      const head = Buffer.alloc(HEAD_BYTES);
      while (at + HEAD_BYTES <= size) {
        readSync(descriptor, head, 0, HEAD_BYTES, at);
        const next = at + HEAD_BYTES + head.readInt32BE(8);
        // The broker is writing this batch: the next reading counts it.
        if (next > size || next <= at + HEAD_BYTES) break;
        at = next;
        batches += 1;
      }
    } finally {
      closeSync(descriptor);
    }
    this.walked.set(file, { bytes: at, batches });
    return { bytes: at, batches };
  }
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    // The broker deletes folders and segments while this process lists them.
    if (['ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
