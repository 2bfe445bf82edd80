import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessDefinition } from './process-definition.js';
import { signalGroup, signalLeader } from './process-group.js';
import { ServerLog } from './server-log.js';
import { identify, type ProcessRecord } from '../supervision/state.js';

const POLL_MS = 100;
const CHECK_TIMEOUT_MS = 3_000;
const BACK_OFF_FIRST_MS = 500;
const BACK_OFF_MAX_DEFAULT_MS = 15_000;
// After a run of this length the restart backoff starts again at its first value.
const STABLE_AFTER_MS = 60_000;

/** The end of one run, for the progress output. */
export interface Exit {
  name: string;
  how: string;
  ranForSeconds: number;
  logTail: string;
  restartInMs: number;
}

/**
 * Starts a program, waits until it is healthy, and restarts it with backoff until it is stopped.
 */
export class ManagedProcess {
  private child: ChildProcess | undefined;
  private backOffMs = BACK_OFF_FIRST_MS;
  private stopping = new AbortController();
  private readonly log: ServerLog;
  readonly record: ProcessRecord;

  constructor(
    readonly definition: ProcessDefinition,
    private readonly options: {
      logFolder: string;
      onChange: () => void;
      onExit: (exit: Exit) => void;
    },
  ) {
    this.log = new ServerLog(options.logFolder, definition.name);
    const { name, kind, url, stopSignal } = definition;
    this.record = { name, kind, url, stopSignal, run: null };
  }

  /**
   * @throws Error with the last log lines if the program ends or does not become healthy in time.
   */
  async start(signal: AbortSignal): Promise<void> {
    await this.definition.prepare?.(signal);
    signal.throwIfAborted();
    const ended = this.spawn();
    const healthy = new AbortController();
    const died = ended.then((how) => {
      throw new Error(`${this.definition.name} ${how} while it started${this.logExcerpt()}`);
    });
    try {
      await Promise.race([
        this.untilHealthy(AbortSignal.any([signal, healthy.signal, this.stopping.signal])),
        died,
      ]);
    } finally {
      healthy.abort();
      died.catch(() => undefined);
    }
    void this.keepRunning(ended);
  }

  /** Sends the stop signal, and kills the program if it does not end in time. */
  async stop(): Promise<void> {
    this.stopping.abort();
    const { child } = this;
    if (!child?.pid || hasEnded(child)) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    signalLeader(child.pid, this.definition.stopSignal);
    const timer = setTimeout(() => this.kill(), this.definition.stopWithinMs);
    await ended;
    clearTimeout(timer);
  }

  /**
   * Runs the program again after `stop`, and resolves when it is healthy. From then on it is
   * restarted whenever it ends, also before it is healthy.
   * @throws Error if it is not healthy in time. It still runs then, and is still restarted.
   */
  async startAgain(): Promise<void> {
    this.stopping = new AbortController();
    this.backOffMs = BACK_OFF_FIRST_MS;
    void this.keepRunning(this.spawn());
    await this.untilHealthy(this.stopping.signal);
  }

  /**
   * Fault injection: the program dies as by `kill -9`, and is restarted as after any crash.
   * @throws Error if it does not run.
   */
  async crash(): Promise<void> {
    const child = this.running();
    const ended = once(child, 'exit');
    // A frozen process dies as well. Its child processes die with it (see `spawn`).
    signalLeader(child.pid, 'SIGKILL');
    await ended;
  }

  /**
   * Fault injection: the program stands still until it is thawed.
   * @throws Error if it is to freeze and does not run.
   */
  freeze(isFrozen: boolean): void {
    if (isFrozen) signalLeader(this.running().pid, 'SIGSTOP');
    else if (this.child?.pid && !hasEnded(this.child)) signalLeader(this.child.pid, 'SIGCONT');
  }

  /** Resolves when it is healthy after a crash or a freeze. @throws Error if it is not in time. */
  async untilHealthyAgain(): Promise<void> {
    await this.untilHealthy(this.stopping.signal);
  }

  /** Kills the program and its child processes at once. */
  kill(): void {
    this.stopping.abort();
    if (this.child?.pid && !hasEnded(this.child)) signalGroup(this.child.pid, 'SIGKILL');
  }

  private running(): ChildProcess & { pid: number } {
    const { child } = this;
    if (!child?.pid || hasEnded(child)) throw new Error(`${this.definition.name} does not run`);
    return child as ChildProcess & { pid: number };
  }

  /** @returns how the run ended; resolves at its end. */
  private spawn(): Promise<string> {
    const { command, args, env, cwd, user } = this.definition;
    const output = this.log.open();
    const child = spawn(command, args, {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', output, output],
      ...(user ? { uid: user.uid, gid: user.gid } : {}),
    });
    closeSync(output);
    this.child = child;
    if (child.pid) {
      this.record.run = { ...identify(child.pid), startedAt: new Date().toISOString() };
      this.options.onChange();
    }
    return new Promise((resolve) => {
      child.once('error', (error) => resolve(`could not be started: ${error.message}`));
      child.once('exit', (code, signal) => {
        // Its child processes must not outlive it and keep its port. Elasticsearch's launcher, for
        // example, starts the server as a child process.
        if (child.pid) signalGroup(child.pid, 'SIGKILL');
        this.record.run = null;
        this.options.onChange();
        resolve(signal ? `was ended by ${signal}` : `exited with code ${code}`);
      });
    });
  }

  private async untilHealthy(signal: AbortSignal): Promise<void> {
    const { name, checkHealth, healthyWithinMs } = this.definition;
    const deadline = Date.now() + healthyWithinMs;
    for (;;) {
      signal.throwIfAborted();
      try {
        return await checkHealth(AbortSignal.any([signal, AbortSignal.timeout(CHECK_TIMEOUT_MS)]));
      } catch (error) {
        signal.throwIfAborted();
        if (Date.now() < deadline) await sleep(POLL_MS, signal);
        else {
          const why = error instanceof Error ? error.message : String(error);
          throw new Error(
            `${name} is not healthy after ${healthyWithinMs / 1000} s: ${why}${this.logExcerpt()}`,
            { cause: error },
          );
        }
      }
    }
  }

  private async keepRunning(firstEnd: Promise<string>): Promise<void> {
    // Its own: `startAgain` replaces the field, and this loop must still end.
    const { signal: stopped } = this.stopping;
    let ended = firstEnd;
    for (;;) {
      const startedAt = Date.now();
      const how = await ended;
      if (stopped.aborted) return;
      const ranForMs = Date.now() - startedAt;
      if (ranForMs > STABLE_AFTER_MS) this.backOffMs = BACK_OFF_FIRST_MS;
      this.options.onExit({
        name: this.definition.name,
        how,
        ranForSeconds: ranForMs / 1000,
        logTail: this.log.tail(5),
        restartInMs: this.backOffMs,
      });
      await sleep(this.backOffMs, stopped);
      if (stopped.aborted) return;
      const { restartWithinMs = BACK_OFF_MAX_DEFAULT_MS } = this.definition;
      this.backOffMs = Math.min(this.backOffMs * 2, restartWithinMs);
      ended = this.spawn();
    }
  }

  private logExcerpt(): string {
    return `\n${this.log.tail()}\n(${this.log.file})`;
  }
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

/** Returns early, without an error, if the signal is aborted. */
const sleep = (ms: number, signal: AbortSignal) =>
  delay(ms, undefined, { signal }).catch(() => undefined);
