import { mkdirSync, statfsSync } from 'node:fs';

const GB = 1024 ** 3;
// Kafka and Elasticsearch stop in ways that are hard to read when the disk fills under them.
const FREE_MIN_GB = 1;

/** @throws Error when the disk below `folder` is nearly full. */
export function assertDiskSpace(folder: string, freeMinGb: number = FREE_MIN_GB): void {
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize } = statfsSync(folder);
  const freeGb = (bavail * bsize) / GB;
  if (freeGb >= freeMinGb) return;
  throw new Error(
    `only ${freeGb.toFixed(1)} GB free on the disk of ${folder}; at least ${freeMinGb} GB is needed. ` +
      'Make room, or delete old data with npm stop -- --wipe',
  );
}
