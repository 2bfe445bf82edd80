import { PoisonRecord } from '@effectively-once/contracts';
import { ATTEMPTS_MAX } from './backoff.js';
import { Circuit } from './circuit/circuit-breaker.js';
import { deliver, type Delivery, type Failure } from './deliver.js';
import {
  Cancelled,
  DependencyDown,
  IdempotencyCollision,
  KillsItsProcess,
  LeaseHeld,
  PermanentFailure,
  RefusedForNow,
} from './failure.js';
import type { Applied } from './idempotency-strategy.js';
import { aRecord } from './testing/record.fixture.js';

const record = aRecord({ offset: 7n });

/** A delivery whose effect follows `script`, one entry per attempt. */
function scripted(script: (Applied | Error)[], overrides: Partial<Delivery<string>> = {}) {
  const log: string[] = [];
  const failures: Failure[] = [];
  const delivery: Delivery<string> = {
    decode: () => 'event',
    once: async () => {
      log.push('effect');
      const next = script.shift();
      if (next === undefined) throw new Error('the script is over');
      if (next instanceof Error) throw next;
      return next;
    },
    deadLetter: async (_, failure) => {
      log.push('dead letter');
      failures.push(failure);
    },
    attempt: (run) => run(),
    attemptsBefore: 0,
    backOff: async (ms, attempts) => void log.push(`back off ${ms} after ${attempts}`),
    untilUsable: async () => void log.push('until usable'),
    isDependencyToBlame: async () => false,
    observe: () => undefined,
    now: () => new Date('2026-11-20T10:00:00Z'),
    random: () => 0.5,
    ...overrides,
  };
  return { delivery, log, failures };
}

it('completes an applied record, and a duplicate', async () => {
  const applied = scripted(['applied']);
  await expect(deliver(record, applied.delivery)).resolves.toEqual({
    outcome: 'applied',
    attempts: 1,
  });
  const duplicate = scripted(['duplicate']);
  await expect(deliver(record, duplicate.delivery)).resolves.toMatchObject({
    outcome: 'duplicate',
  });
});

it('dead-letters poison at once, with no attempt', async () => {
  const poison = new PoisonRecord('NotJson', 'value', 'the value is not JSON');
  const { delivery, log, failures } = scripted([], {
    decode: () => {
      throw poison;
    },
  });
  await expect(deliver(record, delivery)).resolves.toEqual({
    outcome: 'dead_lettered',
    attempts: 0,
  });
  expect(log).toEqual(['dead letter']);
  expect(failures[0]).toMatchObject({ error: poison, errorClass: 'poison', attempts: 0 });
});

it('dead-letters the same payment with other content as poison', async () => {
  const { delivery, failures } = scripted([new IdempotencyCollision(['amountMinor'])]);
  await deliver(record, delivery);
  expect(failures[0]).toMatchObject({ errorClass: 'poison' });
});

it('dead-letters a permanent failure at once', async () => {
  const { delivery, log, failures } = scripted([new PermanentFailure('RecipientRefused', '550')]);
  await expect(deliver(record, delivery)).resolves.toMatchObject({ outcome: 'dead_lettered' });
  expect(log).toEqual(['effect', 'dead letter']);
  expect(failures[0]).toMatchObject({ errorClass: 'permanent', attempts: 1 });
});

it('attempts an unknown failure five times with growing waits, then dead-letters it', async () => {
  const { delivery, log, failures } = scripted(Array(ATTEMPTS_MAX).fill(new Error('hm')));
  await expect(deliver(record, delivery)).resolves.toEqual({
    outcome: 'dead_lettered',
    attempts: 5,
  });
  expect(log).toEqual([
    'effect',
    'back off 500 after 1',
    'effect',
    'back off 2000 after 2',
    'effect',
    'back off 8000 after 3',
    'effect',
    'back off 30000 after 4',
    'effect',
    'dead letter',
  ]);
  expect(failures[0]).toMatchObject({ errorClass: 'transient', attempts: 5 });
});

it('waits for a dependency that is down as long as it takes, and counts none of it', async () => {
  const down = Array<Error>(50).fill(new DependencyDown('redis'));
  const { delivery, failures } = scripted([...down, 'applied']);
  await expect(deliver(record, delivery)).resolves.toEqual({ outcome: 'applied', attempts: 1 });
  expect(failures).toEqual([]);
});

it('polls the lease of another delivery every second, and counts none of it', async () => {
  const { delivery, log } = scripted([new LeaseHeld(15_000), new LeaseHeld(321), 'duplicate']);
  await expect(deliver(record, delivery)).resolves.toEqual({ outcome: 'duplicate', attempts: 1 });
  expect(log).toEqual([
    'effect',
    'back off 1000 after 0',
    'effect',
    'back off 321 after 0',
    'effect',
  ]);
});

it('completes nothing when the dead letter topic refuses, so the record is redelivered', async () => {
  const refused = new Error('the broker is gone');
  const { delivery } = scripted([new PermanentFailure('RecipientRefused', '550')], {
    deadLetter: async () => {
      throw refused;
    },
  });
  await expect(deliver(record, delivery)).rejects.toBe(refused);
});

it('completes nothing when it is cancelled while it waits', async () => {
  const cancelled = new Error('rebalanced');
  const { delivery, failures } = scripted([new Error('hm')], {
    backOff: async () => {
      throw cancelled;
    },
  });
  await expect(deliver(record, delivery)).rejects.toBe(cancelled);
  expect(failures).toEqual([]);
});

// A deploy or a rebalance closed its partition while it waited in serial mode.
it('does not dead-letter a record whose last attempt was cancelled before it ran', async () => {
  const cancelled = new Cancelled();
  const { delivery, log } = scripted([], {
    attemptsBefore: ATTEMPTS_MAX - 1,
    attempt: async () => await Promise.reject(cancelled),
  });
  await expect(deliver(record, delivery)).rejects.toBe(cancelled);
  expect(log).toEqual([]);
});

it('continues the attempt count of a process that was killed', async () => {
  const { delivery, log, failures } = scripted([new Error('hm'), new Error('hm')], {
    attemptsBefore: 3,
  });
  await expect(deliver(record, delivery)).resolves.toEqual({
    outcome: 'dead_lettered',
    attempts: 5,
  });
  expect(log).toEqual(['effect', 'back off 30000 after 4', 'effect', 'dead letter']);
  expect(failures[0]).toMatchObject({ attempts: 5 });
});

it('asks whether the dependency is to blame before it dead-letters a record, and waits if it is', async () => {
  const asked: boolean[] = [true, false];
  const { delivery, log } = scripted(Array(ATTEMPTS_MAX + 1).fill(new Error('hm')), {
    isDependencyToBlame: async () => asked.shift() ?? false,
  });
  await expect(deliver(record, delivery)).resolves.toMatchObject({ outcome: 'dead_lettered' });
  expect(log.slice(-4)).toEqual(['effect', 'until usable', 'effect', 'dead letter']);
});

it('un-counts failures that turn out to be an outage', async () => {
  const circuit = new Circuit({ dependency: 'smtp', probe: async () => undefined });
  const refused = () => new RefusedForNow('smtp', 451);
  const failsFor = async (lane: string) =>
    await circuit.call(lane, () => Promise.reject(refused())).catch((error: unknown) => error);
  const errors = [await failsFor('u1'), await failsFor('u1'), await failsFor('u1')] as Error[];
  const { delivery, log, failures } = scripted([...errors, new Error('hm'), 'applied'], {
    backOff: async (ms, attempts) => {
      log.push(`back off ${ms} after ${attempts}`);
      if (attempts !== 3) return;
      // Two more users fail, so this record is not to blame.
      await failsFor('u2');
      await failsFor('u3');
    },
  });
  await expect(deliver(record, delivery)).resolves.toEqual({ outcome: 'applied', attempts: 2 });
  expect(log.filter((line) => line.startsWith('back off'))).toEqual([
    'back off 500 after 1',
    'back off 2000 after 2',
    'back off 8000 after 3',
    'back off 500 after 1',
  ]);
  expect(failures).toEqual([]);
  circuit.close();
});

describe('a refusal for good that may be about every record', () => {
  const blocked = () => new PermanentFailure('RecipientRefused', '554', { blames: 'unknown' });

  it('is retried like a transient failure, and dead-lettered as permanent', async () => {
    const { delivery, log, failures } = scripted(Array(ATTEMPTS_MAX).fill(blocked()));
    await expect(deliver(record, delivery)).resolves.toEqual({
      outcome: 'dead_lettered',
      attempts: ATTEMPTS_MAX,
    });
    expect(log.filter((line) => line === 'effect')).toHaveLength(ATTEMPTS_MAX);
    expect(failures[0]).toMatchObject({ errorClass: 'permanent' });
  });

  it('is dead-lettered without more attempts when the server works for another user', async () => {
    const circuit = new Circuit({ dependency: 'smtp', probe: async () => undefined });
    const refused = async () => await circuit.call('u1', () => Promise.reject(blocked()));
    const { delivery, failures } = scripted([], {
      once: refused,
      backOff: async () => await circuit.call('u2', async () => undefined),
    });
    // The first refusal waits 0.5 s; meanwhile another user gets a receipt.
    await expect(deliver(record, delivery)).resolves.toEqual({
      outcome: 'dead_lettered',
      attempts: 2,
    });
    expect(failures[0]).toMatchObject({ errorClass: 'permanent' });
    circuit.close();
  });
});

it('dead-letters as poison a record that keeps killing its process', async () => {
  const { delivery, log, failures } = scripted([], {
    attempt: async () => {
      throw new KillsItsProcess(3);
    },
  });
  await expect(deliver(record, delivery)).resolves.toEqual({
    outcome: 'dead_lettered',
    attempts: 0,
  });
  expect(log).toEqual(['dead letter']);
  expect(failures[0]).toMatchObject({ errorClass: 'poison' });
});
