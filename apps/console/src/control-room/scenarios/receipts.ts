import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ScenarioRun } from '@effectively-once/scenarios';

const RECEIPTS_MAX = 200;
const FILE = /^([a-z0-9-]{1,64})\.json$/;

/** What each run has done and seen, as one JSON file. A file outlives the console. */
export class Receipts {
  constructor(private readonly folder: string) {}

  /** All runs, oldest first. Runs of a console that died are interrupted. */
  load(): ScenarioRun[] {
    mkdirSync(this.folder, { recursive: true });
    const runs = readdirSync(this.folder).flatMap((name) => this.read(name));
    runs.sort((one, other) => (one.startedAt < other.startedAt ? -1 : 1));
    for (const run of runs) {
      if (run.state !== 'running' && run.state !== 'queued') continue;
      Object.assign(run, { state: 'interrupted', why: 'the console ended while it ran' });
      this.write(run);
    }
    const old = runs.splice(0, Math.max(0, runs.length - RECEIPTS_MAX));
    for (const { id } of old) rmSync(join(this.folder, `${id}.json`), { force: true });
    return runs;
  }

  write(run: ScenarioRun): void {
    const file = join(this.folder, `${run.id}.json`);
    // Rename is atomic: a reader sees the old receipt or the new one, never a part.
    writeFileSync(`${file}.next`, `${JSON.stringify(run, null, 2)}\n`);
    renameSync(`${file}.next`, file);
  }

  private read(name: string): ScenarioRun[] {
    if (!FILE.test(name)) return [];
    try {
      return [JSON.parse(readFileSync(join(this.folder, name), 'utf8')) as ScenarioRun];
    } catch {
      // Not one of ours, or damaged: the other receipts are still shown.
      return [];
    }
  }
}
