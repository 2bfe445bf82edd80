import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';

const KEEP_BYTES_MAX = 20 * 1024 * 1024;
const TAIL_BYTES = 16 * 1024;

/**
 * The log file of a program. The program writes it directly, also after a kill of the supervisor.
 */
export class ServerLog {
  readonly file: string;
  private runStartsAt = 0;

  constructor(folder: string, name: string) {
    this.file = join(folder, `${name}.log`);
  }

  /** Opens the file for one run of the program. Renames a large old file first. */
  open(): number {
    mkdirSync(join(this.file, '..'), { recursive: true });
    if (this.size() > KEEP_BYTES_MAX) renameSync(this.file, `${this.file}.1`);
    this.runStartsAt = this.size();
    return openSync(this.file, 'a', 0o644);
  }

  /** The last lines of this run. */
  tail(linesMax = 20): string {
    const end = this.size();
    const start = Math.max(this.runStartsAt, end - TAIL_BYTES);
    const bytes = Buffer.alloc(Math.max(0, end - start));
    if (bytes.length > 0) {
      const descriptor = openSync(this.file, 'r');
      readSync(descriptor, bytes, 0, bytes.length, start);
      closeSync(descriptor);
    }
    return bytes.toString('utf8').trimEnd().split('\n').slice(-linesMax).join('\n');
  }

  private size(): number {
    return existsSync(this.file) ? statSync(this.file).size : 0;
  }
}
