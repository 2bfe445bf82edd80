import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Changes } from '../../bench/processes/changes.js';
import { MeasuredProcess } from '../../bench/processes/measured-process.js';
import { repositoryRoot } from '../../repository-root.js';
import type { AppName } from '../../stack/app-environment.js';

/** What a process of a lab tells its parent. */
export interface LabMessage {
  kind: string;
  n?: number;
}

const running = new Set<MeasuredProcess>();
// A frozen process does not notice that its parent is gone.
process.once('exit', () => running.forEach(({ child }) => child.kill('SIGKILL')));

const builtTool = (program: string) => join(repositoryRoot, 'tools', 'dist', `${program}.js`);
/** The address of a built program below tools, for `preload`. */
export const builtUrl = (program: string) => pathToFileURL(builtTool(program)).href;
const preloading = (url: string | undefined) => (url === undefined ? [] : ['--import', url]);

/** A member of a consumer group as its own process. It can be killed, frozen and woken up. */
export class LabProcess {
  private readonly process: MeasuredProcess;
  private readonly untaken: LabMessage[] = [];
  private readonly changes = new Changes();
  private isFrozen = false;

  /**
   * @param program below tools, without its extension: it runs from the build. Or one of the apps,
   *   with its whole environment instead of settings. The module `preload` is loaded before it.
   */
  constructor(
    program: string | { app: AppName; env: Record<string, string>; preload?: string },
    settings: object,
    private readonly options: { logFile: string; signal: AbortSignal },
  ) {
    this.process =
      typeof program === 'string'
        ? new MeasuredProcess([builtTool(program), JSON.stringify(settings)], {
            ...options,
            // With another value kafkajs changes its retries, and Nest its checks.
            env: { ...process.env, NODE_ENV: 'production' },
          })
        : new MeasuredProcess([...preloading(program.preload), 'dist/main.js'], {
            ...options,
            cwd: join(repositoryRoot, 'apps', program.app),
            env: program.env,
          });
    this.process.child.on('message', (message) => {
      this.untaken.push(message as LabMessage);
      this.changes.report();
    });
    running.add(this.process);
    void this.process.ended.then(() => {
      running.delete(this.process);
      this.changes.report();
    });
  }

  get hasEnded(): boolean {
    return this.process.hasEnded;
  }

  /** It did not end within 30 s after SIGTERM, or `kill` ended it. */
  get wasKilled(): boolean {
    return this.process.child.signalCode === 'SIGKILL';
  }

  async next(kind: string, withinMs: number): Promise<LabMessage> {
    return await this.nextOf([kind], withinMs);
  }

  /** @throws Error that names the log if the process has ended: it crashed, or Ctrl-C. */
  assertRuns(): void {
    if (this.hasEnded) throw new Error(`the process ended; log: ${this.options.logFile}`);
  }

  /**
   * Takes the next message of one of these kinds. One call at a time.
   * @throws Error that names the log if the process ends first, or the time is over.
   */
  async nextOf(kinds: readonly string[], withinMs: number): Promise<LabMessage> {
    const giveUpAtMs = performance.now() + withinMs;
    for (;;) {
      const at = this.untaken.findIndex(({ kind }) => kinds.includes(kind));
      const [found] = at < 0 ? [] : this.untaken.splice(at, 1);
      if (found) return found;
      const leftMs = giveUpAtMs - performance.now();
      if (this.hasEnded || leftMs <= 0) {
        const why = this.hasEnded ? 'the process ended' : `${withinMs / 1_000} s are over`;
        throw new Error(
          `no message “${kinds.join('” or “')}”: ${why}; log: ${this.options.logFile}`,
        );
      }
      await this.changes.next(leftMs);
    }
  }

  /** Resolves when the process has ended. */
  get ended(): Promise<void> {
    return this.process.ended;
  }

  /** `kill -9`. Resolves when the process has ended. */
  async kill(): Promise<void> {
    if (this.hasEnded) return;
    this.process.child.kill('SIGKILL');
    await this.process.ended;
  }

  /** SIGSTOP: the process stands still with all its connections, as in a long pause. */
  freeze(): void {
    this.isFrozen = true;
    this.process.child.kill('SIGSTOP');
  }

  /** SIGCONT: it continues where it stood. */
  wake(): void {
    this.isFrozen = false;
    this.process.child.kill('SIGCONT');
  }

  tell(message: LabMessage): void {
    this.process.child.send(message);
  }

  /** SIGTERM: it finishes its record and leaves its group. A frozen process is killed. */
  async leave(): Promise<void> {
    if (this.isFrozen) await this.kill();
    else await this.process.stop();
  }
}
