import { CONSUMERS } from '@effectively-once/contracts';
import {
  consumerUrl,
  deadLetters,
  untilDrained,
  secondMembers,
  recordsCompleted,
  untilMoreCompleted,
  withFrozen,
} from './fault-injection.js';
import { whilePaying } from './load.js';
import { findings, withFault } from './system-under-test.js';

const PER_SECOND = 20;
// Slow mails, so that some are in flight at the moment of the freeze.
const SLOW_MAILS = { target: 'smtp', kind: 'slow', delayMs: 300 } as const;

it('a consumer frozen past its session wakes up as a zombie and repeats no effect', async () => {
  const before = await deadLetters();
  await whilePaying(PER_SECOND, async () => {
    const members = await secondMembers(CONSUMERS);
    const completed = await Promise.all(CONSUMERS.map((one) => recordsCompleted(consumerUrl(one))));
    await withFault(SLOW_MAILS, () =>
      // The topics are drained only after the other members took over from the frozen ones: their
      // partitions when the session expires, their receipts when the lease expires.
      withFrozen(CONSUMERS, untilDrained),
    );
    await Promise.all(
      CONSUMERS.map((one, index) => untilMoreCompleted(consumerUrl(one), completed[index] ?? 0)),
    );
    await Promise.all(members.map(({ leave }) => leave()));
  });
  await untilDrained();
  await expect(findings()).resolves.toEqual([]);
  await expect(deadLetters()).resolves.toBe(before);
});
