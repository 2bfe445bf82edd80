import { CONSUMERS } from '@effectively-once/contracts';
import {
  consumerUrl,
  deadLetters,
  everythingIsSettled,
  secondMembers,
  settledBy,
  settlesMore,
  withFrozen,
} from './fault-injection.js';
import { whilePaying } from './load.js';
import { findings, withFault } from './system-under-test.js';

const PER_SECOND = 20;
// Makes sure that some mails are on their way at the moment of freezing.
const SLOW_MAILS = { target: 'smtp', kind: 'slow', delayMs: 300 } as const;

it('whoever sleeps past its session finds its work done, and does it no second time', async () => {
  const before = await deadLetters();
  await whilePaying(PER_SECOND, async () => {
    const members = await secondMembers(CONSUMERS);
    const settled = await Promise.all(CONSUMERS.map((one) => settledBy(consumerUrl(one))));
    await withFault(SLOW_MAILS, () =>
      // Everything is settled only when the others have taken over what the sleepers held: their
      // partitions after the session's end, their receipts after the lease's.
      withFrozen(CONSUMERS, everythingIsSettled),
    );
    await Promise.all(
      CONSUMERS.map((one, index) => settlesMore(consumerUrl(one), settled[index] ?? 0)),
    );
    await Promise.all(members.map(({ leave }) => leave()));
  });
  await everythingIsSettled();
  await expect(findings()).resolves.toEqual([]);
  await expect(deadLetters()).resolves.toBe(before);
});
