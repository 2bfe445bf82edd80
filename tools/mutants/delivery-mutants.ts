import type { Mutant } from './mutant.js';

const delivery = (file: string) => `libs/delivery/src/${file}`;

/** The promises of the delivery runtime, which hold for every idempotency strategy. */
export const DELIVERY_MUTANTS: readonly Mutant[] = [
  {
    mutation: 'delivery: commits the offset before the effect',
    file: delivery('partition/partition.ts'),
    text: `        await completer.complete(buffered.record, recordLane);
        return this.completed(buffered);`,
    replacement: `        this.completed(buffered);
        return await completer.complete(buffered.record, recordLane);`,
    test: {
      file: delivery('partition/partition.spec.ts'),
      title: 'delivers a record again when it could not be completed, and commits nothing before',
    },
  },
  {
    mutation: 'delivery: the watermark passes records that are not complete',
    file: delivery('partition/offset-tracker.ts'),
    text: 'oldest?.isComplete; oldest = this.oldest',
    replacement: 'oldest; oldest = this.oldest',
    test: {
      file: delivery('partition/partition.spec.ts'),
      title:
        'commits up to the first incomplete record, although many records behind it are complete',
    },
  },
  {
    mutation: 'delivery: a retry is thrown to the runtime instead of awaited',
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
    mutation: 'delivery: does not await the dead letter',
    file: delivery('deliver.ts'),
    text: 'await to.deadLetter(record, { error, errorClass, attempts: attempts(), firstFailedAt });',
    replacement: `void to
        .deadLetter(record, { error, errorClass, attempts: attempts(), firstFailedAt })
        .catch(() => undefined);`,
    test: {
      file: delivery('deliver.spec.ts'),
      title: 'completes nothing when the dead letter topic refuses, so the record is redelivered',
    },
  },
  {
    mutation: 'delivery: commits a partition that is assigned to another member',
    file: delivery('partition/partition.ts'),
    text: 'if (options.commit && this.isOpen) await this.commit();',
    replacement: 'if (this.isOpen) await this.commit();',
    test: {
      file: delivery('partition/partition.spec.ts'),
      title: 'commits nothing of a revoked partition',
    },
  },
  {
    mutation: 'delivery: after a new assignment, commits records of the old one',
    file: delivery('transport/membership.ts'),
    text: 'const before = this.assignment?.close({ commit: false });',
    replacement: 'const before = this.assignment?.close({ commit: true });',
    test: {
      file: delivery('transport/membership.int.spec.ts'),
      title: 'commits nothing of a partition that was assigned to another member meanwhile',
    },
  },
  {
    mutation: 'delivery: records of one user run at the same time and overtake each other',
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
    mutation: 'delivery: a record keeps its concurrency slot during backoff',
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
    mutation: 'delivery: forgets the number of attempts after kill -9',
    file: delivery('transport/complete-record.ts'),
    text: `      await lane.rememberAttempts(attempts);
      trace.nextAttemptAt(Date.now() + ms);`,
    replacement: '      trace.nextAttemptAt(Date.now() + ms);',
    test: {
      file: delivery('transport/complete-record.spec.ts'),
      title: 'stores the attempts before it backs off',
    },
  },
  {
    mutation: 'delivery: dead-letters a record although its server is down',
    file: delivery('deliver.ts'),
    text: 'if (await to.isDependencyToBlame(error)) {',
    replacement: 'if (false) {',
    test: {
      file: delivery('deliver.spec.ts'),
      title:
        'asks whether the dependency is to blame before it dead-letters a record, and waits if it is',
    },
  },
  {
    mutation: 'delivery: an isolated record runs without a stored attempt',
    file: delivery('recovery/recovery-state.ts'),
    text: `    this.metadata.runsAlone = offset;
    await this.options.flush();
`,
    replacement: '',
    test: {
      file: delivery('partition/partition.spec.ts'),
      title:
        'runs isolated records in serial mode, each stored before its effect and cleared after',
    },
  },
  {
    mutation:
      'delivery: a circuit breaker counts calls instead of users, so one bad address opens it',
    file: delivery('circuit/circuit-breaker.ts'),
    text: 'this.streak.lanes.add(lane);',
    replacement: 'this.streak.lanes.add(`call ${this.streak.lanes.size}`);',
    test: {
      file: delivery('circuit/circuit-breaker.spec.ts'),
      title: 'stays closed however often one user is refused, and however many others work between',
    },
  },
  {
    mutation: 'delivery: calls a server although its circuit is open',
    file: delivery('circuit/circuit-breaker.ts'),
    text: 'if (this.outage && !isTrial) throw new DependencyDown(this.dependency);',
    replacement: '',
    test: {
      file: delivery('circuit/circuit-breaker.spec.ts'),
      title: 'leaves the server alone while it is open',
    },
  },
  {
    mutation: 'delivery: failures during an outage count as attempts of the records',
    file: delivery('deliver.ts'),
    text: 'counted.filter((one) => !isSymptomOfOutage(one)).length;',
    replacement: 'counted.length;',
    test: {
      file: delivery('deliver.spec.ts'),
      title: 'un-counts failures that turn out to be an outage',
    },
  },
  {
    mutation: 'delivery: a failed batch request never completes its items',
    file: 'libs/timing/src/micro-batch.ts',
    text: 'batch.forEach(({ reject }) => reject(error));',
    replacement: '',
    test: {
      file: 'libs/timing/src/micro-batch.spec.ts',
      title: 'fails every item of a failed request, and continues with the next',
    },
  },
];
