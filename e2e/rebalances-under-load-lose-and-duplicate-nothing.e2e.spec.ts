import { CONSUMERS } from '@effectively-once/contracts';
import { deadLetters, everythingIsSettled, secondMembers } from './fault-injection.js';
import { whilePaying } from './load.js';
import { findings } from './system-under-test.js';

const PER_SECOND = 20;

it.each(['leave', 'kill'] as const)(
  'a second member joins under load and goes by "%s": every payment arrives once',
  async (how) => {
    const before = await deadLetters();
    await whilePaying(PER_SECOND, async () => {
      const members = await secondMembers(CONSUMERS);
      await Promise.all(members.map((member) => member[how]()));
      await everythingIsSettled();
    });
    await everythingIsSettled();
    await expect(findings()).resolves.toEqual([]);
    await expect(deadLetters()).resolves.toBe(before);
  },
);
