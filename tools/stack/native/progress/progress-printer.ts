import pc from 'picocolors';
import { progressLine } from './progress-line.js';
import type { Progress } from '../start-stack.js';

const REMIND_EVERY_MS = 10_000;

/**
 * Prints a line per step, and every ten seconds the steps that still run: a screen without changes
 * looks like a program that hangs.
 */
export class ProgressPrinter {
  private readonly awaited = new Map<string, number>();
  private readonly reminder: NodeJS.Timeout;

  constructor(private readonly print: (line: string) => void) {
    this.reminder = setInterval(() => this.remind(), REMIND_EVERY_MS);
    this.reminder.unref();
  }

  readonly show = (progress: Progress): void => {
    if (progress.kind === 'started') this.awaited.set(progress.step, Date.now());
    else if (progress.kind === 'done' || progress.kind === 'failed')
      this.awaited.delete(progress.step);
    const line = progressLine(progress);
    if (line !== undefined) this.print(line);
  };

  private remind(): void {
    if (this.awaited.size === 0) return;
    const waits = [...this.awaited].map(
      ([step, since]) => `${step} (${Math.round((Date.now() - since) / 1000)} s)`,
    );
    this.print(pc.dim(`  … still starting: ${waits.join(', ')}`));
  }
}
