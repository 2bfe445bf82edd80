import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Effect } from '../../../bench/delivery/effects.js';

/**
 * The effects of a lab, as lines of a file. A line is one write, which survives a `kill -9` of the
 * process that made it. Several processes may append to one file.
 */
export class FileLedger {
  private readonly file: number;

  constructor(path: string) {
    this.file = openSync(path, 'a');
  }

  append(effect: Effect): void {
    writeSync(this.file, `${JSON.stringify(effect)}\n`);
  }

  close(): void {
    closeSync(this.file);
  }
}

/** In the order of completion. Empty if the file does not exist yet. */
export function readLedger(path: string): Effect[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Effect);
}
