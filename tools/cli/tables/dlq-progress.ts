import { setTimeout as sleep } from 'node:timers/promises';
import { ConsoleUnreachable, type DlqAction } from '../clients/dlq-client.js';

const POLL_MS = 250;
const BAR_WIDTH = 30;
/** A console that crashed restarts in seconds. After this time the operator has to look. */
const AWAY_MAX_MS = 60_000;

export interface ProgressOptions {
  look: () => Promise<DlqAction>;
  /** The stream for the progress bar (on a terminal) or the progress lines. */
  out: { write: (text: string) => unknown; isTTY?: boolean };
  now: () => number;
  wait?: (ms: number) => Promise<unknown>;
}

/**
 * Shows the progress of a redrive until it is finished. The console does the redrive and continues
 * it after a crash, so this function waits for a console that does not answer for a moment.
 */
export async function watch({
  look,
  out,
  now,
  wait = (ms) => sleep(ms),
}: ProgressOptions): Promise<DlqAction> {
  let answeredAtMs = now();
  let shown = -1;
  for (;;) {
    const action = await look().catch((error: unknown) => {
      if (!(error instanceof ConsoleUnreachable) || now() - answeredAtMs > AWAY_MAX_MS) throw error;
      return undefined;
    });
    if (action) {
      answeredAtMs = now();
      const done = action.done + action.givenBack;
      if (out.isTTY) out.write(`\r${bar(done, action.count)}`);
      else if (done !== shown) out.write(`dlq: ${done} of ${action.count}\n`);
      shown = done;
      if (action.finishedAt) {
        if (out.isTTY) out.write('\n');
        return action;
      }
    }
    await wait(POLL_MS);
  }
}

function bar(done: number, count: number): string {
  const filled = count === 0 ? BAR_WIDTH : Math.round((done / count) * BAR_WIDTH);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${done} of ${count}`;
}
