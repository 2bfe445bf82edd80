import { Committer } from './committer.js';

/** A committer whose commits and waits end when the test says so. */
function byHand() {
  const log: string[] = [];
  const commits: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const waits: (() => void)[] = [];
  const clock = { nowMs: 1_000 };
  const committer = new Committer({
    commit: async () => {
      log.push('commit');
      await new Promise<void>((resolve, reject) => commits.push({ resolve, reject }));
    },
    wait: async (ms) => {
      log.push(`wait ${ms}`);
      await new Promise<void>((resolve) => waits.push(resolve));
    },
    now: () => clock.nowMs,
    onError: () => log.push('refused'),
  });
  return { committer, log, commits, waits, clock };
}

const turns = () => new Promise((resolve) => setImmediate(resolve));

it('shares one commit between many requests', async () => {
  const { committer, log, commits, waits } = byHand();
  committer.ask();
  committer.ask();
  await turns();
  expect(log).toEqual(['wait 500']);
  waits.shift()?.();
  await turns();
  committer.ask();
  commits.shift()?.resolve();
  await turns();
  expect(log).toEqual(['wait 500', 'commit', 'wait 500']);
});

// Partitions that commit at the same moment share one request.
it('commits at the same moments as every other partition of this process', async () => {
  const { committer, log, clock } = byHand();
  clock.nowMs = 1_420.5;
  committer.ask();
  await turns();
  expect(log).toEqual(['wait 80']);
});

it('commits at once for a flush', async () => {
  const { committer, log, commits } = byHand();
  committer.ask();
  const flushed = committer.flush();
  await turns();
  expect(log.at(-1)).toBe('commit');
  commits.shift()?.resolve();
  await expect(flushed).resolves.toBeUndefined();
});

// A commit that began before the call may have read older state.
it('does not resolve a flush with a commit that began before it', async () => {
  const { committer, log, commits } = byHand();
  const first = committer.flush();
  await turns();
  let isDurable = false;
  const second = committer.flush().then(() => (isDurable = true));
  commits.shift()?.resolve();
  await first;
  await turns();
  expect(isDurable).toBe(false);
  commits.shift()?.resolve();
  await second;
  expect(log).toEqual(['commit', 'commit']);
});

it('retries a refused commit, and the flush waits for it', async () => {
  const { committer, log, commits, waits } = byHand();
  const flushed = committer.flush();
  await turns();
  commits.shift()?.reject(new Error('the group is rebalancing'));
  await turns();
  expect(log).toEqual(['commit', 'refused', 'wait 1000']);
  waits.shift()?.();
  await turns();
  commits.shift()?.resolve();
  await expect(flushed).resolves.toBeUndefined();
});

it('rejects a waiting flush when it closes, and ends with the running commit', async () => {
  const { committer, commits } = byHand();
  const flushed = committer.flush();
  await turns();
  const closing = committer.close();
  await expect(flushed).rejects.toThrow('closed');
  commits.shift()?.resolve();
  await closing;
  await expect(committer.flush()).rejects.toThrow('closed');
});

it('closes while a wait is running', async () => {
  const { committer, log } = byHand();
  committer.ask();
  await turns();
  await committer.close();
  expect(log).toEqual(['wait 500']);
});
