import { CONSUMERS } from '@effectively-once/contracts';
import { deadLetters, untilDrained, secondMembers } from './fault-injection.js';
import { whilePaying } from './load.js';
import { findings } from './system-under-test.js';

const PER_SECOND = 20;

it.each(['leave', 'kill'] as const)(
  'a second member joins under load and ends by "%s": each effect is applied once',
  async (how) => {
    const before = await deadLetters();
    await whilePaying(PER_SECOND, async () => {
      const members = await secondMembers(CONSUMERS);
      await Promise.all(members.map((member) => member[how]()));
      await untilDrained();
    });
    await untilDrained();
    await expect(findings()).resolves.toEqual([]);
    await expect(deadLetters()).resolves.toBe(before);
  },
);
