import { propertyRuns } from '@effectively-once/testing/property-runs';
import fc, { type Scheduler } from 'fast-check';
import type { KafkaRecord } from '@effectively-once/kafka';
import { aRecord } from '../testing/record.fixture.js';
import { decodeMetadata } from '../recovery/offset-metadata.js';
import { noEvents } from './partition.fixture.js';
import { Partition } from './partition.js';
import type { RecordLane } from './record-lane.js';
import { SerialMode, takeOverMetadata } from '../recovery/poison-pill-isolation.js';

/*
 * A partition whose broker is two variables. One process after the other works on it. Each
 * completes, parks, fails and commits in an order that fast-check chooses, until it leaves, is
 * rebalanced away or is killed at an arbitrary step. The properties that must hold in every order
 * are at the end.
 */

const ATTEMPTS_MAX = 5;

type End = 'leaves' | 'is rebalanced' | 'is killed';
interface Life {
  /** Steps until it ends. The last life continues until all records are complete. */
  steps: number;
  end: End;
}

interface Plan {
  keys: string[];
  /** How often each record fails before its effect works. */
  failures: number[];
  lives: Life[];
}

const plans: fc.Arbitrary<Plan> = fc
  .array(
    fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      fails: fc.constantFrom(0, 0, 0, 1, 2, Infinity),
    }),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .chain((records) =>
    fc.record({
      keys: fc.constant(records.map(({ key }) => key)),
      failures: fc.constant(records.map(({ fails }) => fails)),
      lives: fc.array(
        fc.record({
          steps: fc.nat(80),
          end: fc.constantFrom<End>('leaves', 'is rebalanced', 'is killed'),
        }),
        { maxLength: 4 },
      ),
    }),
  );

/** The state that survives every process. */
class World {
  committed = 0n;
  metadata: string | null = null;
  readonly effects: number[] = [];
  readonly attempts: number[];
  readonly deadLetters: number[] = [];
  readonly violations: string[] = [];
  private readonly completedInSomeLife = new Set<number>();

  constructor(readonly plan: Plan) {
    this.attempts = plan.keys.map(() => 0);
  }

  get end(): bigint {
    return BigInt(this.plan.keys.length);
  }

  complete(number: number): void {
    this.completedInSomeLife.add(number);
  }

  commit(next: bigint, metadata: string): void {
    if (next < this.committed) this.violations.push(`commit ${next} after ${this.committed}`);
    for (let number = 0; number < Number(next); number += 1) {
      if (!this.completedInSomeLife.has(number)) {
        this.violations.push(`committed ${next} although ${number} was never complete`);
      }
    }
    this.committed = next;
    this.metadata = metadata;
  }
}

async function live(world: World, s: Scheduler, life: Life | undefined): Promise<void> {
  let isDead = false;
  const step = async () => {
    await s.schedule(Promise.resolve());
    // A killed process does nothing more, so its steps never end.
    if (isDead) await new Promise(() => undefined);
  };
  const completedHere = new Set<bigint>();
  const partition = new Partition({
    at: { topic: 'topic', partition: 0 },
    completer: { complete: (record, lane) => completeOne(record, lane) },
    group: {
      commit: async (_, next, metadata) => {
        await step();
        world.commit(next, metadata);
        await step();
      },
      refetch: (_, from) => world.violations.push(`fetched ${from} again`),
      pause: () => undefined,
      resume: () => undefined,
    },
    events: {
      ...noEvents,
      failed: (error, what) => {
        if (what === 'complete') world.violations.push(String(error));
      },
    },
    wait: async (_, signal) => {
      await step();
      signal.throwIfAborted();
    },
    now: () => 0,
    memberName: 'me',
    serialMode: new SerialMode(),
  });

  async function completeOne(record: KafkaRecord, lane: RecordLane): Promise<void> {
    const number = Number(record.offset);
    for (let counted = lane.attemptsBefore; ;) {
      const outcome = await lane.attempt(async () => {
        await step();
        return tryEffect(number);
      });
      if (outcome === 'worked') break;
      counted += 1;
      if (counted >= ATTEMPTS_MAX) {
        await step();
        world.deadLetters.push(number);
        break;
      }
      const count = counted;
      await lane.park(async (signal) => {
        await lane.rememberAttempts(count);
        await step();
        signal.throwIfAborted();
      });
    }
    if (completedHere.has(record.offset)) world.violations.push(`completed ${number} twice`);
    completedHere.add(record.offset);
    world.complete(number);
  }

  function tryEffect(number: number): 'worked' | 'failed' {
    const tries = (world.attempts[number] ?? 0) + 1;
    world.attempts[number] = tries;
    if (tries <= (world.plan.failures[number] ?? 0)) return 'failed';
    world.effects.push(number);
    return 'worked';
  }

  const metadata = takeOverMetadata(decodeMetadata(world.metadata), {
    isOwnerAlive: false,
    watermark: world.committed,
  });
  const records = world.plan.keys.map((key, number) =>
    aRecord({ offset: BigInt(number), key: Buffer.from(key) }),
  );
  partition.push(records.slice(Number(world.committed)), world.end);
  partition.open(metadata, world.committed);
  if (!life) {
    await s.waitFor(until(() => world.committed === world.end));
    await s.waitFor(partition.close({ commit: true }));
    return;
  }
  for (let taken = 0; taken < life.steps; taken += 1) {
    // Let everything that the previous step started reach its own next step.
    await turn();
    if (s.count() > 0) await s.waitOne();
  }
  if (life.end === 'is killed') isDead = true;
  else await s.waitFor(partition.close({ commit: life.end === 'leaves' }));
}

// Bounded: a partition that lost a record must fail the test, not hang it.
async function until(isTrue: () => boolean): Promise<void> {
  for (let turns = 0; !isTrue(); turns += 1) {
    if (turns > 5_000) throw new Error('never became true');
    await turn();
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('under any interleaving of any lives: nothing lost, order per user, watermark, attempts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), plans, async (s, plan) => {
      const world = new World(plan);
      for (const life of plan.lives) await live(world, s, life);
      await live(world, s, undefined);

      expect(world.violations).toEqual([]);
      // Each life may interrupt an attempt, or leave a record complete above the watermark.
      const cuts = plan.lives.length;
      plan.keys.forEach((_, number) => {
        const isHopeless = plan.failures[number] === Infinity;
        expect([number, world.effects.includes(number)]).toEqual([number, !isHopeless]);
        expect([number, world.deadLetters.includes(number)]).toEqual([number, isHopeless]);
        expect(world.attempts[number]).toBeLessThanOrEqual(ATTEMPTS_MAX + cuts);
      });
      for (const key of new Set(plan.keys)) {
        const firsts = [...new Set(world.effects)].filter((number) => plan.keys[number] === key);
        expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
      }
    }),
    { numRuns: propertyRuns(6_000) },
  );
}, 120_000);
