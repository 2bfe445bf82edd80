import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MeasuredProcess } from '../../processes/measured-process.js';

/** A consumer that is restarted waits for the session timeout of its group (30 s by default). */
const READY_WITHIN_MS = 120_000;
const POLL_MS = 50;
/** As a supervisor that restarts at once. */
const RESTART_AFTER_MS = 1_000;

/** One program of a contestant. */
export interface ContestantPart {
  name: string;
  args: string[];
  cwd?: string;
  env: Record<string, string | undefined>;
  /** Answers 200 when the program is ready. Without it, the program tells its parent: `ready`. */
  readyUrl?: string;
}

/** The programs of one contestant, for one turn. */
export class ContestantProcesses {
  private readonly running = new Map<string, MeasuredProcess>();

  constructor(
    private readonly parts: readonly ContestantPart[],
    private readonly options: { logFolder: string; signal: AbortSignal },
  ) {}

  /** In their order. @throws Error that names the log of a program that does not become ready. */
  async start(): Promise<void> {
    for (const part of this.parts) await this.launch(part);
  }

  /** `kill -9`, and a restart after a second. */
  async killAndRestart(name: string): Promise<void> {
    const part = this.parts.find((one) => one.name === name);
    const old = this.running.get(name);
    if (!part || !old) throw new Error(`${name} is not running`);
    old.child.kill('SIGKILL');
    await old.ended;
    await sleep(RESTART_AFTER_MS);
    await this.launch(part);
  }

  processes(): { name: string; pid: number }[] {
    return [...this.running].map(([name, { child, hasEnded }]) => {
      if (hasEnded) throw new Error(`${name} has ended; its log: ${this.logOf(name)}`);
      return { name, pid: child.pid! };
    });
  }

  async stop(): Promise<void> {
    // The first that was started serves the others, so it ends last.
    for (const { name } of [...this.parts].reverse()) await this.running.get(name)?.stop();
    this.running.clear();
  }

  private async launch(part: ContestantPart): Promise<void> {
    const { name, args, cwd, env, readyUrl } = part;
    const logFile = this.logOf(name);
    const launched = new MeasuredProcess(args, {
      ...(cwd === undefined ? {} : { cwd }),
      env,
      logFile,
      signal: this.options.signal,
    });
    this.running.set(name, launched);
    let isReady = false;
    launched.child.once('message', () => (isReady = true));
    const giveUpAtMs = performance.now() + READY_WITHIN_MS;
    while (!launched.hasEnded && performance.now() < giveUpAtMs) {
      if (isReady || (readyUrl !== undefined && (await isOk(readyUrl)))) return;
      await sleep(POLL_MS, undefined, { signal: this.options.signal });
    }
    throw new Error(`${name} did not become ready; its log: ${logFile}`);
  }

  private logOf(name: string): string {
    return join(this.options.logFolder, `contestant.${name}.log`);
  }
}

async function isOk(url: string): Promise<boolean> {
  const answer = await fetch(url).catch(() => undefined);
  return answer?.ok ?? false;
}
