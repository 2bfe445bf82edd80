import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment, type Environment } from '../environment.js';

/** A fake docker command with scripted answers. It records its arguments. */
export class PretendedDocker {
  readonly folder = mkdtempSync(join(tmpdir(), 'pretended-docker-'));
  private readonly log = join(this.folder, 'asked');

  /** @param cases branches of a shell `case` over all arguments; other arguments fail. */
  answers(cases: string): this {
    const file = join(this.folder, 'docker');
    const note = `echo "$*" >> ${this.log}`;
    writeFileSync(file, `#!/bin/sh\n${note}\ncase "$*" in\n${cases}\n*) exit 1 ;;\nesac\n`);
    chmodSync(file, 0o755);
    return this;
  }

  get environment(): Environment {
    return readEnvironment({ PATH: `${this.folder}:/usr/bin:/bin` });
  }

  asked(): string[] {
    return existsSync(this.log) ? readFileSync(this.log, 'utf8').trim().split('\n') : [];
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
