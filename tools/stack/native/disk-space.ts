import { mkdirSync, statfsSync } from 'node:fs';

const GB = 1024 ** 3;
// If the disk fills up, Kafka and Elasticsearch stop with errors that are hard to understand.
const FREE_MIN_GB = 1;

/** @throws Error if the disk of `folder` is nearly full. */
export function assertDiskSpace(folder: string, freeMinGb: number = FREE_MIN_GB): void {
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize } = statfsSync(folder);
  const freeGb = (bavail * bsize) / GB;
  if (freeGb >= freeMinGb) return;
  throw new Error(
    `only ${freeGb.toFixed(1)} GB free on the disk of ${folder}; it needs at least ${freeMinGb} GB. ` +
      'Free some space, or delete old data with npm stop -- --wipe',
  );
}
