import type { Guard } from './guard.js';

const delivery = (file: string) => `libs/delivery/src/${file}`;

/** What the runtime promises whatever the strategy. */
export const DELIVERY_GUARDS: readonly Guard[] = [
  {
    removing: 'the commit comes before the effect',
    file: delivery('lanes/partition.ts'),
    text: `        await this.options.settle(record, recordLane);
        return this.settled(held);`,
    replacement: `        this.settled(held);
        return await this.options.settle(record, recordLane);`,
    test: {
      file: delivery('lanes/partition.spec.ts'),
      title: 'delivers a record again when it could not be settled, and commits nothing before',
    },
  },
  {
    removing: 'the watermark passes records that are not settled',
    file: delivery('lanes/window.ts'),
    text: 'oldest?.isSettled; oldest = this.oldest',
    replacement: 'oldest; oldest = this.oldest',
    test: {
      file: delivery('lanes/partition.spec.ts'),
      title:
        'commits up to the first record that is not settled, however much lies settled behind it',
    },
  },
  {
    removing: 'a retry is thrown into the runtime instead of being waited for',
    file: delivery('deliver.ts'),
    text: `          if (attempts() < ATTEMPTS_MAX) {
            await to.backOff(`,
    replacement: `          if (attempts() < ATTEMPTS_MAX) {
            throw error;
            await to.backOff(`,
    test: {
      file: delivery('deliver.spec.ts'),
      title: 'attempts an unknown failure five times with growing waits, then dead-letters it',
    },
  },
  {
    removing: 'a dead letter is not awaited',
    file: delivery('deliver.ts'),
    text: 'await to.deadLetter(record, { error, errorClass, attempts: attempts(), firstFailedAt });',
    replacement: `void to
        .deadLetter(record, { error, errorClass, attempts: attempts(), firstFailedAt })
        .catch(() => undefined);`,
    test: {
      file: delivery('deliver.spec.ts'),
      title: 'settles nothing when the dead-letter topic refuses, so the record comes back',
    },
  },
  {
    removing: 'a partition dealt to somebody else is still committed',
    file: delivery('lanes/partition.ts'),
    text: 'if (options.commit) await this.commit();',
    replacement: 'await this.commit();',
    test: {
      file: delivery('lanes/partition.spec.ts'),
      title: 'commits nothing of a partition that went to someone else',
    },
  },
  {
    removing: 'a member that was dealt anew commits what it held before',
    file: delivery('lanes/membership.ts'),
    text: 'const before = this.assignment?.close({ commit: false });',
    replacement: 'const before = this.assignment?.close({ commit: true });',
    test: {
      file: delivery('lanes/membership.int.spec.ts'),
      title: 'commits nothing of a partition that another member was dealt meanwhile',
    },
  },
  {
    removing: 'records of one user run at once, and overtake each other',
    file: delivery('lanes/partition.ts'),
    text: `key === null ? `,
    replacement: `key !== undefined ? `,
    test: {
      file: delivery('lanes/partition.model.spec.ts'),
      title:
        'under any interleaving of any lives: nothing lost, order per user, watermark, attempts',
    },
  },
  {
    removing: 'a record that backs off keeps its slot, and others wait for it',
    file: delivery('lanes/lanes.ts'),
    text: `    this.setParked(queue, true);
    this.freeSlot();`,
    replacement: `    this.setParked(queue, true);`,
    test: {
      file: delivery('lanes/lanes.spec.ts'),
      title: 'gives the slot of a parked lane to the next lane at once',
    },
  },
  {
    removing: 'attempts are forgotten by kill -9',
    file: delivery('settle.ts'),
    text: '        await lane.rememberAttempts(attempts);\n',
    replacement: '',
    test: {
      file: delivery('settle.spec.ts'),
      title: 'remembers the attempts before it backs off',
    },
  },
  {
    removing: 'a record is given up although its server is down',
    file: delivery('deliver.ts'),
    text: 'if (await to.isDependencyToBlame(error)) {',
    replacement: 'if (false) {',
    test: {
      file: delivery('deliver.spec.ts'),
      title:
        'asks whether the dependency is to blame before it gives a record up, and waits if it is',
    },
  },
];
