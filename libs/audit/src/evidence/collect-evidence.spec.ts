import { propertyRuns } from '@effectively-once/testing/property-runs';
import { CONSUMERS } from '@effectively-once/contracts';
import { jest } from '@jest/globals';
import fc from 'fast-check';
import { auditStores } from '../audit.js';
import { storesOf } from '../testing/honest-stores.fixture.js';
import { HonestSystem } from '../testing/honest-system.fixture.js';
import type { AuditReport } from '../report.js';
import type { Stores } from '../stores/stores.js';

const PAYMENTS = ['one', 'two', 'three'];
const RUNS = propertyRuns(400);
const DAY_MS = 24 * 3_600_000;
const READINGS_MAX = 21;
const EVERYTHING = { now: () => new Date(1), settleLimitMs: 0, slotWaitMaxMs: 0 };
// A busy machine must not fail a test about order.
jest.setTimeout(60_000);

/**
 * Audits a correct system while it works. The system's steps and the audit's readings interleave at
 * random. `early` names readings that see the system as it was at the snapshot, instead of at their
 * own time.
 */
function auditsCleanUnderLoad(early: (keyof Stores)[] = [], paymentsPerBucket = 10) {
  const outcome = fc.constantFrom('applies', 'repeats', 'dead-letters');
  const outcomes = fc.array(outcome, { minLength: 4, maxLength: 4 });
  return fc.asyncProperty(
    fc.scheduler(),
    fc.tuple(outcomes, outcomes, outcomes),
    async (scheduler, [email, loyalty, search]) => {
      const system = new HonestSystem();
      const run = (steps: (() => void)[]) =>
        void scheduler.scheduleSequence(steps.map((step) => async () => step()));
      for (const id of PAYMENTS) run(system.pay(id));
      run([...PAYMENTS, 'again'].flatMap(() => system.connect()));
      const how = { email, loyalty, search };
      for (const consumer of CONSUMERS) {
        run(how[consumer].flatMap((outcome) => system.consume(consumer, outcome)));
        run(PAYMENTS.flatMap(() => system.ingest(consumer)));
        run([...system.redrive(consumer), ...system.redrive(consumer)]);
      }

      let atSnapshot = system;
      const stores = storesOf((reading) => {
        if (reading === 'paymentsSnapshot') atSnapshot = structuredClone(system);
        return early.includes(reading) ? atSnapshot : system;
      });
      const report = await scheduler.waitFor(
        auditStores(scheduled(stores, scheduler), { ...EVERYTHING, paymentsPerBucket }),
      );
      expect(violations(report)).toEqual([]);
    },
  );
}

const violations = ({ invariants }: AuditReport) =>
  invariants.flatMap(({ id, violated }) => violated.map((found) => ({ invariant: id, ...found })));

/** The scheduler decides when each reading runs among the system's own steps. */
function scheduled(stores: Stores, scheduler: fc.Scheduler): Stores {
  const readings = Object.entries(stores).map(([name, read]) => [
    name,
    async (...parameters: unknown[]) => {
      await scheduler.schedule(Promise.resolve(), name);
      return await (read as (...parameters: unknown[]) => Promise<unknown>)(...parameters);
    },
  ]);
  return Object.fromEntries(readings) as Stores;
}

describe('collecting evidence while the system works', () => {
  it('never reports a correct system, whatever happens between two readings', async () => {
    await fc.assert(auditsCleanUnderLoad(), { numRuns: RUNS });
  });

  it('never reports a correct system that has each payment in a bucket of its own', async () => {
    await fc.assert(auditsCleanUnderLoad([], 1), { numRuns: RUNS });
  });

  // The random steps above seldom reach these interleavings.
  it.each(CONSUMERS)(
    'never reports %s, whichever reading a payment is dead-lettered, passed and redriven at',
    async (consumer) => {
      for (let at = 0; at < READINGS_MAX; at++) {
        const system = new HonestSystem();
        const payments = [...system.pay('one'), ...system.pay('two')];
        [...payments, ...system.connect(), ...system.connect()].forEach((step) => step());
        const story = [
          ...system.consume(consumer, 'dead-letters'),
          ...system.consume(consumer, 'applies'),
          ...system.ingest(consumer),
          ...system.redrive(consumer),
        ];
        let readings = 0;
        const stores = storesOf(() => {
          if (readings++ === at) story.forEach((step) => step());
          return system;
        });
        const report = await auditStores(stores, EVERYTHING);
        expect([...system.effects[consumer].keys()]).toEqual(['two', 'one']);
        expect(violations(report)).toEqual([]);
      }
    },
  );

  it('names a payment whose redrive had no effect, after the redrive has aged out', async () => {
    const system = new HonestSystem();
    for (const id of PAYMENTS) [...system.pay(id), ...system.connect()].forEach((step) => step());
    for (const consumer of CONSUMERS) {
      const [claim, send, mark] = system.redrive(consumer);
      const died = [...system.consume(consumer, 'dead-letters'), ...system.ingest(consumer)];
      [...died, claim!, send!, mark!].forEach((step) => step());
      system.redrives[consumer].pop();
    }
    const report = await auditStores(
      storesOf(() => system),
      { ...EVERYTHING, paymentsPerBucket: 1 },
    );
    const lost = violations(report).filter(({ invariant }) => invariant !== 'I10');
    expect(lost.map(({ invariant, id }) => `${invariant} ${id}`)).toEqual([
      'I6 one',
      'I7 one',
      'I8 one',
    ]);
  });

  describe('payments of two and a half days ago, whose outbox rows may be dropped', () => {
    const later = { now: () => new Date(2.5 * DAY_MS), slotWaitMaxMs: 60_000 };
    /** The connector confirms its position only after the audit has asked once. */
    const auditWithLateConfirmation = async (system: HonestSystem) => {
      let questions = 0;
      const stores = { ...storesOf(() => system), slotHasPassed: async () => questions++ > 0 };
      return { report: await auditStores(stores, { ...EVERYTHING, ...later }), questions };
    };

    it('names one whose event never arrived, after it has waited for the slot', async () => {
      const system = new HonestSystem();
      system.pay('one').forEach((step) => step());
      const { report, questions } = await auditWithLateConfirmation(system);
      const lost = violations(report).map(({ invariant, id }) => `${invariant} ${id}`);
      expect(lost).toEqual(['I6 one', 'I7 one', 'I8 one']);
      expect(questions).toBe(2);
    });

    it('does not wait for the slot if each event is in the topic', async () => {
      const system = new HonestSystem();
      [...system.pay('one'), ...system.connect()].forEach((step) => step());
      const { report, questions } = await auditWithLateConfirmation(system);
      expect(violations(report)).toEqual([]);
      expect(questions).toBe(1);
    });
  });

  // Each case is a reason for the order of the readings.
  it.each<[string, (keyof Stores)[]]>([
    ['the topic before the slot', ['published']],
    ['the dead letters before the offsets', ['deadLetters']],
    ['the receipts before the offsets', ['receipts']],
    ['the points before the offsets', ['points']],
    ['the documents before the offsets', ['documents']],
    ['the declarations before the receipts', ['maybeDuplicates']],
    ['the redrives before the table of dead letters', ['redrives']],
    ['dead-letter rows not again at the end', ['deadLettersNow']],
    ['payments not again at the end', ['statusesNow']],
    ['outbox rows not again at the end', ['outboxNow']],
  ])('would report a correct system if it read %s', async (_, early) => {
    const { failed } = await fc.check(auditsCleanUnderLoad(early), {
      numRuns: 25 * RUNS,
      endOnFailure: true,
    });
    expect(failed).toBe(true);
  });
});
