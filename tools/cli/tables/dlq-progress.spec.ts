import { ConsoleUnreachable, ConsoleRefused, type DlqAction } from '../clients/dlq-client.js';
import { watch } from './dlq-progress.js';

const action = (done: number, finished = false): DlqAction => ({
  id: '7',
  count: 4,
  done,
  givenBack: 0,
  refused: [],
  finishedAt: finished ? '2026-11-21T12:00:00Z' : null,
});

/** Watches a console that answers with these, one per second. */
async function watched(says: (DlqAction | Error)[], isTTY = false) {
  let written = '';
  let nowMs = 0;
  const ended = await watch({
    look: async () => {
      const next = says.length > 1 ? says.shift() : says[0];
      if (next instanceof Error || !next) throw next ?? new Error('one request too many');
      return next;
    },
    out: { write: (text) => (written += text), isTTY },
    now: () => nowMs,
    wait: async (ms) => (nowMs += Math.max(ms, 1_000)),
  });
  return { ended, written };
}

it('prints a progress line per step until the redrive is finished', async () => {
  const { ended, written } = await watched([action(0), action(2), action(2), action(4, true)]);
  expect(ended.done).toBe(4);
  expect(written).toBe('dlq: 0 of 4\ndlq: 2 of 4\ndlq: 4 of 4\n');
});

it('draws a progress bar on a terminal', async () => {
  const { written } = await watched([action(2), action(4, true)], true);
  expect(written).toContain('███████████████░░░░░░░░░░░░░░░ 2 of 4');
  expect(written.endsWith('4 of 4\n')).toBe(true);
});

it('waits for a crashed console, because the redrive continues after its restart', async () => {
  const away = new ConsoleUnreachable('nothing answers');
  const { ended } = await watched([action(2), away, away, action(4, true)]);
  expect(ended.done).toBe(4);
});

it('stops if the console stays unreachable, and at once if it refuses', async () => {
  const away = new ConsoleUnreachable('nothing answers');
  await expect(watched([action(2), away])).rejects.toBe(away);
  const refused = new ConsoleRefused(403, { detail: 'This is for operators.' });
  await expect(watched([refused, action(4, true)])).rejects.toBe(refused);
});
