import { CONSUMERS } from '@effectively-once/contracts';
import { jest } from '@jest/globals';
import fc from 'fast-check';
import { auditStores } from '../audit.js';
import { HonestWorld, storesOf } from '../testing/honest-world.fixture.js';
import type { AuditReport } from '../report.js';
import type { Stores } from '../stores/stores.js';

const PAYMENTS = ['one', 'two', 'three'];
const RUNS = 400;
const DAY_MS = 24 * 3_600_000;
const READINGS_MAX = 21;
const EVERYTHING = { now: () => new Date(1), settleLimitMs: 0, slotWaitMaxMs: 0 };
// A machine busy with other things must not fail a test about order.
jest.setTimeout(60_000);

/**
 * Audits an honest system while it works, its steps and the auditor's readings interleaved at random.
 * `early` are readings that are taken at the moment of the snapshot instead of in their turn.
 */
function auditsCleanUnderLoad(early: (keyof Stores)[] = [], paymentsPerBucket = 10) {
  const outcome = fc.constantFrom('applies', 'repeats', 'dead-letters');
  const outcomes = fc.array(outcome, { minLength: 4, maxLength: 4 });
  return fc.asyncProperty(
    fc.scheduler(),
    fc.tuple(outcomes, outcomes, outcomes),
    async (scheduler, [email, loyalty, search]) => {
      const world = new HonestWorld();
      const run = (steps: (() => void)[]) =>
        void scheduler.scheduleSequence(steps.map((step) => async () => step()));
      for (const id of PAYMENTS) run(world.pay(id));
      run([...PAYMENTS, 'again'].flatMap(() => world.connect()));
      const how = { email, loyalty, search };
      for (const consumer of CONSUMERS) {
        run(how[consumer].flatMap((outcome) => world.consume(consumer, outcome)));
        run(PAYMENTS.flatMap(() => world.takeIn(consumer)));
        run([...world.redrive(consumer), ...world.redrive(consumer)]);
      }

      let atSnapshot = world;
      const stores = storesOf((reading) => {
        if (reading === 'paymentsSnapshot') atSnapshot = structuredClone(world);
        return early.includes(reading) ? atSnapshot : world;
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

/** Every reading waits for its turn among the system's own steps. */
function scheduled(stores: Stores, scheduler: fc.Scheduler): Stores {
  const turns = Object.entries(stores).map(([name, read]) => [
    name,
    async (...parameters: unknown[]) => {
      await scheduler.schedule(Promise.resolve(), name);
      return await (read as (...parameters: unknown[]) => Promise<unknown>)(...parameters);
    },
  ]);
  return Object.fromEntries(turns) as Stores;
}

describe('collecting evidence from a system that works meanwhile', () => {
  it('never accuses an honest system, whatever happens between two readings', async () => {
    await fc.assert(auditsCleanUnderLoad(), { numRuns: RUNS });
  });

  it('nor when each payment is judged in a bucket of its own', async () => {
    await fc.assert(auditsCleanUnderLoad([], 1), { numRuns: RUNS });
  });

  // The steps above seldom fall together like this.
  it.each(CONSUMERS)(
    'never accuses %s, at whichever reading a payment dies, is passed, and comes back',
    async (consumer) => {
      for (let at = 0; at < READINGS_MAX; at++) {
        const world = new HonestWorld();
        const payments = [...world.pay('one'), ...world.pay('two')];
        [...payments, ...world.connect(), ...world.connect()].forEach((step) => step());
        const story = [
          ...world.consume(consumer, 'dead-letters'),
          ...world.consume(consumer, 'applies'),
          ...world.takeIn(consumer),
          ...world.redrive(consumer),
        ];
        let readings = 0;
        const stores = storesOf(() => {
          if (readings++ === at) story.forEach((step) => step());
          return world;
        });
        const report = await auditStores(stores, EVERYTHING);
        expect([...world.effects[consumer].keys()]).toEqual(['two', 'one']);
        expect(violations(report)).toEqual([]);
      }
    },
  );

  it('names what was redriven and came to nothing, when the redrive itself has aged out', async () => {
    const world = new HonestWorld();
    for (const id of PAYMENTS) [...world.pay(id), ...world.connect()].forEach((step) => step());
    for (const consumer of CONSUMERS) {
      const [claim, send, mark] = world.redrive(consumer);
      const died = [...world.consume(consumer, 'dead-letters'), ...world.takeIn(consumer)];
      [...died, claim!, send!, mark!].forEach((step) => step());
      world.redrives[consumer].pop();
    }
    const report = await auditStores(
      storesOf(() => world),
      { ...EVERYTHING, paymentsPerBucket: 1 },
    );
    const lost = violations(report).filter(({ invariant }) => invariant !== 'I10');
    expect(lost.map(({ invariant, id }) => `${invariant} ${id}`)).toEqual([
      'I6 one',
      'I7 one',
      'I8 one',
    ]);
  });

  describe('of payments two and a half days old, whose outbox rows may be gone', () => {
    const later = { now: () => new Date(2.5 * DAY_MS), slotWaitMaxMs: 60_000 };
    /** The connector confirms what it has published only after the first look. */
    const auditAtTheSecondLook = async (world: HonestWorld) => {
      let looks = 0;
      const stores = { ...storesOf(() => world), slotHasPassed: async () => looks++ > 0 };
      return { report: await auditStores(stores, { ...EVERYTHING, ...later }), looks };
    };

    it('names one whose event never came, and looks at the slot until that is sure', async () => {
      const world = new HonestWorld();
      world.pay('one').forEach((step) => step());
      const { report, looks } = await auditAtTheSecondLook(world);
      const lost = violations(report).map(({ invariant, id }) => `${invariant} ${id}`);
      expect(lost).toEqual(['I6 one', 'I7 one', 'I8 one']);
      expect(looks).toBe(2);
    });

    it('does not wait for the slot when each event is in the topic', async () => {
      const world = new HonestWorld();
      [...world.pay('one'), ...world.connect()].forEach((step) => step());
      const { report, looks } = await auditAtTheSecondLook(world);
      expect(violations(report)).toEqual([]);
      expect(looks).toBe(1);
    });
  });

  // Each of these is why the order is what it is.
  it.each<[string, (keyof Stores)[]]>([
    ['the topic before the slot', ['published']],
    ['the dead letters before the offsets', ['deadLetters']],
    ['the receipts before the offsets', ['receipts']],
    ['the points before the offsets', ['points']],
    ['the documents before the offsets', ['documents']],
    ['the declarations before the receipts', ['maybeDuplicates']],
    ['the redriven before the table of dead letters', ['redrives']],
    ['no row of a dead letter again at the end', ['deadLettersNow']],
    ['no payment again at the end', ['statusesNow']],
    ['no outbox row again at the end', ['outboxNow']],
  ])('would accuse an honest system if it read %s', async (_, early) => {
    const { failed } = await fc.check(auditsCleanUnderLoad(early), {
      numRuns: 25 * RUNS,
      endOnFailure: true,
    });
    expect(failed).toBe(true);
  });
});
