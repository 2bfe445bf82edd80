import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

const STOP_WITHIN_MS = 30_000;

/**
 * A measured process: Node, if the options name no other program. An abort of the signal ends it:
 * SIGTERM first, then SIGKILL.
 */
export class MeasuredProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;

  constructor(
    args: string[],
    options: {
      command?: string;
      cwd?: string;
      env: Record<string, string | undefined>;
      logFile: string;
      signal: AbortSignal;
    },
  ) {
    const { command = process.execPath, cwd, env, logFile, signal } = options;
    signal.throwIfAborted();
    const log = openSync(logFile, 'a');
    this.child = spawn(command, args, { cwd, env, stdio: ['ignore', log, log, 'ipc'] });
    closeSync(log);
    this.ended = new Promise((resolve) => {
      this.child.once('exit', () => resolve());
      // The process could not be started.
      this.child.once('error', () => resolve());
    });
    const stop = () => void this.stop();
    signal.addEventListener('abort', stop, { once: true });
    void this.ended.then(() => signal.removeEventListener('abort', stop));
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null || !this.child.pid;
  }

  async stop(): Promise<void> {
    if (this.hasEnded) return;
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_WITHIN_MS);
    await this.ended;
    clearTimeout(timer);
  }
}
