import type { Mutant } from './mutant.js';

const delivery = (file: string) => `libs/delivery/src/${file}`;

/** The promises of the delivery runtime, which hold for every idempotency strategy. */
export const DELIVERY_MUTANTS: readonly Mutant[] = [
  {
    mutation: 'the commit comes before the effect',
    file: delivery('partition/partition.ts'),
    text: `        await this.options.settle(record, recordLane);
        return this.settled(held);`,
    replacement: `        this.settled(held);
        return await this.options.settle(record, recordLane);`,
    test: {
      file: delivery('partition/partition.spec.ts'),
      title: 'delivers a record again when it could not be settled, and commits nothing before',
    },
  },
  {
    mutation: 'the watermark passes records that are not settled',
    file: delivery('partition/offset-tracker.ts'),
    text: 'oldest?.isSettled; oldest = this.oldest',
    replacement: 'oldest; oldest = this.oldest',
    test: {
      file: delivery('partition/partition.spec.ts'),
      title:
        'commits up to the first record that is not settled, however much lies settled behind it',
    },
  },
  {
    mutation: 'a retry is thrown into the runtime instead of being waited for',
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
    mutation: 'a dead letter is not awaited',
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
    mutation: 'a partition dealt to somebody else is still committed',
    file: delivery('partition/partition.ts'),
    text: 'if (options.commit && this.isOpen) await this.commit();',
    replacement: 'if (this.isOpen) await this.commit();',
    test: {
      file: delivery('partition/partition.spec.ts'),
      title: 'commits nothing of a partition that went to someone else',
    },
  },
  {
    mutation: 'a member that was dealt anew commits what it held before',
    file: delivery('transport/membership.ts'),
    text: 'const before = this.assignment?.close({ commit: false });',
    replacement: 'const before = this.assignment?.close({ commit: true });',
    test: {
      file: delivery('transport/membership.int.spec.ts'),
      title: 'commits nothing of a partition that another member was dealt meanwhile',
    },
  },
  {
    mutation: 'records of one user run at once, and overtake each other',
    file: delivery('partition/partition.ts'),
    text: `key === null ? `,
    replacement: `key !== undefined ? `,
    test: {
      file: delivery('partition/partition.model.spec.ts'),
      title:
        'under any interleaving of any lives: nothing lost, order per user, watermark, attempts',
    },
  },
  {
    mutation: 'a record that backs off keeps its slot, and others wait for it',
    file: delivery('partition/lanes.ts'),
    text: `    this.setParked(queue, true);
    this.freeSlot();`,
    replacement: `    this.setParked(queue, true);`,
    test: {
      file: delivery('partition/lanes.spec.ts'),
      title: 'gives the slot of a parked lane to the next lane at once',
    },
  },
  {
    mutation: 'attempts are forgotten by kill -9',
    file: delivery('transport/complete-record.ts'),
    text: `      await lane.rememberAttempts(attempts);
      await sleep(`,
    replacement: '      await sleep(',
    test: {
      file: delivery('transport/complete-record.spec.ts'),
      title: 'remembers the attempts before it backs off',
    },
  },
  {
    mutation: 'a record is given up although its server is down',
    file: delivery('deliver.ts'),
    text: 'if (await to.isDependencyToBlame(error)) {',
    replacement: 'if (false) {',
    test: {
      file: delivery('deliver.spec.ts'),
      title:
        'asks whether the dependency is to blame before it gives a record up, and waits if it is',
    },
  },
  {
    mutation: 'a record runs although it may be the one that kills its process, and leaves no mark',
    file: delivery('recovery/recovery-state.ts'),
    text: `    this.note.runsAlone = offset;
    await this.options.flush();
`,
    replacement: '',
    test: {
      file: delivery('partition/partition.spec.ts'),
      title:
        'runs suspected records one at a time, each marked before its effect and cleared after',
    },
  },
  {
    mutation: 'a circuit counts calls instead of users: one bad address opens it',
    file: delivery('circuit/circuit-breaker.ts'),
    text: 'this.streak.lanes.add(lane);',
    replacement: 'this.streak.lanes.add(`call ${this.streak.lanes.size}`);',
    test: {
      file: delivery('circuit/circuit-breaker.spec.ts'),
      title: 'stays closed however often one user is refused, and however many others work between',
    },
  },
  {
    mutation: 'a server that is down is called all the same',
    file: delivery('circuit/circuit-breaker.ts'),
    text: "if (this.reading !== 'closed' && !isTrial) throw new DependencyDown(this.dependency);",
    replacement: '',
    test: {
      file: delivery('circuit/circuit-breaker.spec.ts'),
      title: 'leaves the server alone while it is open',
    },
  },
  {
    mutation: 'failures of an outage are counted against the records it befell',
    file: delivery('deliver.ts'),
    text: 'counted.filter((one) => !isSymptomOfOutage(one)).length;',
    replacement: 'counted.length;',
    test: {
      file: delivery('deliver.spec.ts'),
      title: 'un-counts failures that turn out to have been an outage',
    },
  },
  {
    mutation: 'a request that fails leaves its items waiting for ever',
    file: delivery('batching/micro-batch.ts'),
    text: 'batch.forEach(({ reject }) => reject(error));',
    replacement: '',
    test: {
      file: delivery('batching/micro-batch.spec.ts'),
      title: 'fails every item of a request that failed, and goes on with the next',
    },
  },
];
