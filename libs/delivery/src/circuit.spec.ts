import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import {
  Circuit,
  isDependencyToBlame,
  isSymptomOfOutage,
  PROBE_EVERY_MS,
  type CircuitReading,
} from './circuit.js';
import { DependencyDown, IdempotencyCollision, LeaseHeld, PermanentFailure } from './failure.js';

let circuit: Circuit;
let readings: CircuitReading[];
/** How the server answers a probe. */
let isAnswering: boolean;
let probes: number;
/** Waits of the circuit that have not ended yet. */
let waits: { ms: number; end: () => void }[];

beforeEach(() => {
  isAnswering = true;
  probes = 0;
  waits = [];
  readings = [];
  circuit = new Circuit({
    dependency: 'smtp',
    probe: async () => {
      probes += 1;
      if (!isAnswering) throw new Error('no answer');
    },
    wait: (ms, signal) =>
      new Promise((resolve, reject) => {
        const giveUp = () => reject(signal.reason as Error);
        const end = () => {
          signal.removeEventListener('abort', giveUp);
          resolve();
        };
        waits.push({ ms, end });
        signal.addEventListener('abort', giveUp);
      }),
  });
  circuit.onChange((reading) => readings.push(reading));
});

const never = new AbortController().signal;
const works = async () => 'done';
const calls = async (user: string, use: () => Promise<unknown> = works) =>
  await circuit.call(user, use).catch((error: unknown) => error);
const failsWith = (error: Error) => () => Promise.reject(error);
/** @returns the error, to be asked about later. */
const failsFor = async (user: string, error: Error = new Error('451')) =>
  await calls(user, failsWith(error));
const cannotBeReached = async () => await failsFor('zoe', new DependencyDown('smtp'));

async function aSecondPasses(): Promise<void> {
  waits.splice(0).forEach(({ end }) => end());
  await nextTurn();
}

/** Whether each of these lanes may go on by now. */
function waiting(...users: string[]) {
  const goneOn: string[] = [];
  for (const user of users) {
    void circuit.untilUsable(user, never).then(() => goneOn.push(user));
  }
  return async () => (await nextTurn(), goneOn);
}

describe('it opens', () => {
  it('at once when the server cannot be reached', async () => {
    await cannotBeReached();
    expect(circuit.reading).toBe('open');
  });

  it('when three users failed in a row', async () => {
    for (const user of ['alice', 'bob']) await failsFor(user);
    expect(circuit.reading).toBe('closed');
    await failsFor('carol');
    expect(circuit.reading).toBe('open');
  });

  it('not by one user failing a hundred times: a bad address is not a bad server', async () => {
    for (let time = 0; time < 100; time += 1) await failsFor('alice');
    expect(circuit.reading).toBe('closed');
  });

  it.each([
    new PermanentFailure('RecipientRefused', 'no such mailbox'),
    new IdempotencyCollision(['currency']),
    new LeaseHeld(1_000),
  ])('not by replies about one record, which show that the server works: %s', async (reply) => {
    for (const user of ['alice', 'bob', 'carol', 'dave']) await failsFor(user, reply);
    expect(circuit.reading).toBe('closed');
    await failsFor('alice');
    await failsFor('bob');
    await failsFor('alice', reply);
    await failsFor('carol');
    expect(circuit.reading).toBe('closed');
  });

  it('exactly when, since the last success, it was unreachable or failed three users', () => {
    const step = fc.record({
      user: fc.constantFrom('alice', 'bob', 'carol', 'dave'),
      end: fc.constantFrom('works', 'fails', 'refuses', 'down'),
    });
    return fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const one = new Circuit({ dependency: 'smtp', probe: async () => undefined });
        let users = new Set<string>();
        for (const { user, end } of steps) {
          const use = {
            works,
            fails: failsWith(new Error('451')),
            refuses: failsWith(new PermanentFailure('x', 'x')),
            down: failsWith(new DependencyDown('smtp')),
          }[end];
          await one.call(user, use).catch(() => undefined);
          users = end === 'fails' ? users.add(user) : new Set();
          const shouldBeOpen = end === 'down' || users.size === 3;
          expect(one.reading).toBe(shouldBeOpen ? 'open' : 'closed');
          if (shouldBeOpen) break;
        }
        one.close();
      }),
    );
  });
});

describe('while it is open', () => {
  it('nobody uses the server', async () => {
    await cannotBeReached();
    const use = async () => {
      throw new Error('used');
    };
    await expect(circuit.call('bob', use)).rejects.toMatchObject({
      name: 'DependencyDown',
      dependency: 'smtp',
    });
  });

  it('the server is asked every second until it answers', async () => {
    isAnswering = false;
    await cannotBeReached();
    for (let second = 1; second <= 5; second += 1) {
      expect(waits.map(({ ms }) => ms)).toEqual([PROBE_EVERY_MS]);
      await aSecondPasses();
      expect(probes).toBe(second);
    }
    expect(circuit.reading).toBe('open');
  });

  it('one lane tries first, and when it works all go on', async () => {
    isAnswering = false;
    await cannotBeReached();
    const goneOn = waiting('alice', 'bob', 'carol');
    await aSecondPasses();
    await expect(goneOn()).resolves.toEqual([]);
    isAnswering = true;
    await aSecondPasses();
    await expect(goneOn()).resolves.toEqual(['alice']);
    // Who does not wait for its turn does not get it.
    await expect(calls('bob')).resolves.toBeInstanceOf(DependencyDown);
    await expect(calls('alice')).resolves.toBe('done');
    await expect(goneOn()).resolves.toEqual(['alice', 'bob', 'carol']);
    expect(readings).toEqual(['open', 'half_open', 'closed']);
  });

  it('the trial of one lane may fail; then another tries', async () => {
    for (const user of ['zoe', 'yuri', 'xaver']) await failsFor(user);
    const goneOn = waiting('alice', 'bob');
    await aSecondPasses();
    await failsFor('alice');
    expect(circuit.reading).toBe('open');
    await expect(goneOn()).resolves.toEqual(['alice']);
    await aSecondPasses();
    await expect(goneOn()).resolves.toEqual(['alice', 'bob']);
    await expect(calls('bob')).resolves.toBe('done');
    expect(circuit.reading).toBe('closed');
  });

  it('while one lane tries, however long, nothing else decides', async () => {
    for (const user of ['zoe', 'yuri', 'xaver']) await failsFor(user);
    const goneOn = waiting('alice');
    await aSecondPasses();
    await expect(goneOn()).resolves.toEqual(['alice']);
    let fail: (error: Error) => void = () => undefined;
    const trial = calls('alice', () => new Promise((_, reject) => (fail = reject)));
    await aSecondPasses();
    fail(new Error('451'));
    await trial;
    await nextTurn();
    expect(circuit.reading).toBe('open');
  });

  it('a record that is refused in its trial proves that the server works', async () => {
    await cannotBeReached();
    const goneOn = waiting('alice', 'bob');
    await aSecondPasses();
    await failsFor('alice', new PermanentFailure('RecipientRefused', 'no such mailbox'));
    expect(circuit.reading).toBe('closed');
    await expect(goneOn()).resolves.toEqual(['alice', 'bob']);
  });

  it('a lane that stops waiting gives up its turn', async () => {
    await cannotBeReached();
    const leaving = new AbortController();
    const left = circuit.untilUsable('alice', leaving.signal);
    const goneOn = waiting('bob');
    leaving.abort(new Error('shutting down'));
    await expect(left).rejects.toThrow('shutting down');
    await aSecondPasses();
    await expect(goneOn()).resolves.toEqual(['bob']);
    await expect(circuit.untilUsable('alice', leaving.signal)).rejects.toThrow('shutting down');
  });

  it('with nobody waiting, an answer to the probe closes it', async () => {
    await cannotBeReached();
    await aSecondPasses();
    expect(circuit.reading).toBe('closed');
    await expect(calls('alice')).resolves.toBe('done');
  });

  it('a process that ends asks no more', async () => {
    isAnswering = false;
    await cannotBeReached();
    circuit.close();
    await aSecondPasses();
    expect(probes).toBe(0);
  });

  it('what was under way when it opened may still fail, and does no harm', async () => {
    let fail: (error: Error) => void = () => undefined;
    const slow = calls('alice', () => new Promise((_, reject) => (fail = reject)));
    await cannotBeReached();
    fail(new DependencyDown('smtp'));
    await slow;
    expect(readings).toEqual(['open']);
    expect(waits).toHaveLength(1);
  });
});

describe('whose fault it was', () => {
  it('what failed on the way to opening was not the records’ fault', async () => {
    const errors = [await failsFor('alice'), await failsFor('alice'), await failsFor('bob')];
    expect(errors.map(isSymptomOfOutage)).toEqual([false, false, false]);
    errors.push(await failsFor('carol'));
    expect(errors.map(isSymptomOfOutage)).toEqual([true, true, true, true]);
  });

  it('what failed before a success was', async () => {
    const early = await failsFor('alice');
    await calls('bob');
    for (const user of ['alice', 'bob', 'carol']) await failsFor(user);
    expect(circuit.reading).toBe('open');
    expect(isSymptomOfOutage(early)).toBe(false);
  });

  it('a server that says 451 to everybody and answers every probe is to blame each time', async () => {
    for (const user of ['alice', 'bob', 'carol']) await failsFor(user);
    for (let minute = 0; minute < 60; minute += 1) {
      const goneOn = waiting('alice');
      await aSecondPasses();
      await expect(goneOn()).resolves.toEqual(['alice']);
      expect(isSymptomOfOutage(await failsFor('alice'))).toBe(true);
      expect(circuit.reading).toBe('open');
    }
  });

  it('a record that fails once the server is back from being unreachable has itself to blame', async () => {
    await cannotBeReached();
    const goneOn = waiting('alice');
    await aSecondPasses();
    await expect(goneOn()).resolves.toEqual(['alice']);
    expect(isSymptomOfOutage(await failsFor('alice'))).toBe(false);
  });

  it('before a record is given up the server is asked, for fewer than three users cannot tell', async () => {
    const error = await failsFor('alice');
    await expect(isDependencyToBlame(error)).resolves.toBe(false);
    isAnswering = false;
    await expect(isDependencyToBlame(error)).resolves.toBe(true);
    expect(circuit.reading).toBe('open');
    expect(isSymptomOfOutage(error)).toBe(true);
  });

  it('a server that has worked for somebody since is not asked', async () => {
    const error = await failsFor('alice');
    await calls('bob');
    isAnswering = false;
    await expect(isDependencyToBlame(error)).resolves.toBe(false);
    expect(probes).toBe(0);
  });

  it('an error that came through no circuit is nobody else’s fault', async () => {
    expect(isSymptomOfOutage(new Error('a bug'))).toBe(false);
    await expect(isDependencyToBlame('a thrown text')).resolves.toBe(false);
  });

  it('failures of lanes that went to another member no longer count', async () => {
    for (const user of ['alice', 'bob']) await failsFor(user);
    circuit.forgetStreak();
    await failsFor('carol');
    expect(circuit.reading).toBe('closed');
  });
});

it('hands on what was thrown as it was thrown', async () => {
  const error = new Error('as it was');
  await expect(failsFor('alice', error)).resolves.toBe(error);
});
