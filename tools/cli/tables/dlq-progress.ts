import { setTimeout as sleep } from 'node:timers/promises';
import { ConsoleUnreachable, type Action } from '../clients/dlq-client.js';

const POLL_MS = 250;
const BAR_WIDTH = 30;
/** A console that died is back in seconds; one that is not is a person's business. */
const AWAY_MAX_MS = 60_000;

export interface ProgressOptions {
  look: () => Promise<Action>;
  /** Where a bar, or lines, go. */
  out: { write: (text: string) => unknown; isTTY?: boolean };
  now: () => number;
  wait?: (ms: number) => Promise<unknown>;
}

/**
 * Watches a redrive until it is finished. It does not depend on us: the console does it, and goes on with
 * it if it dies, so a console that does not answer for a moment is waited for.
 */
export async function watch({
  look,
  out,
  now,
  wait = (ms) => sleep(ms),
}: ProgressOptions): Promise<Action> {
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
