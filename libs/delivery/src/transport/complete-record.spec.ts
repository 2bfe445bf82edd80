import { setTimeout as sleep } from 'node:timers/promises';
import { register } from 'prom-client';
import { Circuit } from '../circuit/circuit-breaker.js';
import { DeliveryMetrics } from './delivery-metrics.js';
import type { DeliveryPoint } from './failure-points.js';
import {
  DependencyDown,
  IdempotencyCollision,
  PermanentFailure,
  RefusedForNow,
} from '../failure.js';
import type { Applied } from '../idempotency-strategy.js';
import type { RecordLane } from '../partition/record-lane.js';
import { aRecord } from '../testing/record.fixture.js';
import { DeliveringCompleter } from './complete-record.js';
import { RecentDeliveries } from './state/recent-deliveries.js';

const record = aRecord({ offset: 7n });
const event = { id: 'event-1', time: '2026-11-20T10:00:00Z', address: 'alice@example.com' };

function aCompleter(script: (Applied | Error)[], circuits: Circuit[] = [], decoded = event) {
  const lines: { level: string; message: string; line: Record<string, unknown> }[] = [];
  const deadLetters: unknown[] = [];
  const points: DeliveryPoint[] = [];
  const traces = new RecentDeliveries();
  const log =
    (level: string) =>
    (line: Record<string, unknown>, message: string): void =>
      void lines.push({ level, message, line });
  const completer = new DeliveringCompleter({
    consumer: 'loyalty',
    appVersion: 'test',
    log: { info: log('info'), warn: log('warn') },
    reach: (point) => points.push(point),
    metrics: new DeliveryMetrics('loyalty'),
    traces,
    producer: { send: async (deadLetter) => void deadLetters.push(deadLetter) },
    circuits,
    handler: {
      decode: () => decoded,
      once: async () => {
        const next = script.shift() ?? new Error('the script is over');
        if (next instanceof Error) throw next;
        return next;
      },
    },
  });
  return { completer, lines, deadLetters, points, traces };
}

const aLane = (changes: Partial<RecordLane> = {}): RecordLane => ({
  attemptsBefore: 0,
  fetchedAtMs: 1_000,
  park: async (wait) => await wait(new AbortController().signal),
  rememberAttempts: async () => undefined,
  attempt: (run) => run(),
  ...changes,
});

const valueOf = async (name: string, labels: Record<string, string>) => {
  const metric = await register.getSingleMetric(name)?.get();
  return metric?.values.find(({ labels: its }) =>
    Object.entries(labels).every(([label, value]) => its[label] === value),
  )?.value;
};

beforeEach(() => register.resetMetrics());

it('writes one line per completed record: event, user, outcome, which attempt of how many', async () => {
  const { completer, lines } = aCompleter(['applied']);
  await completer.complete(record, aLane());
  expect(lines).toEqual([
    {
      level: 'info',
      message: 'completed',
      line: {
        topic: 'payment.completed',
        partition: 0,
        offset: '7',
        eventId: 'event-1',
        userId: 'alice',
        outcome: 'applied',
        attempt: 1,
        attemptsMax: 5,
        ms: expect.any(Number) as number,
      },
    },
  ]);
});

it('writes no personal data of an event or an error', async () => {
  const talkative = new PermanentFailure('RecipientRefused', 'the address was refused with 550', {
    cause: new Error('550 no mailbox alice@example.com here'),
  });
  const { completer, lines, deadLetters } = aCompleter([talkative]);
  await completer.complete(record, aLane());
  expect(lines.map(({ message }) => message)).toEqual([
    'attempt failed',
    'dead-lettering',
    'completed',
  ]);
  expect(JSON.stringify([lines, deadLetters])).not.toContain('alice@');
});

it('counts outcomes, the time to the effect, and the age of a redelivered event', async () => {
  const { completer } = aCompleter(['applied', 'duplicate']);
  await completer.complete(record, aLane());
  await completer.complete(record, aLane());
  const consumer = 'loyalty';
  const records = 'delivery_records_total';
  await expect(valueOf(records, { consumer, outcome: 'applied' })).resolves.toBe(1);
  await expect(valueOf(records, { consumer, outcome: 'duplicate' })).resolves.toBe(1);
  const age = await register.getSingleMetric('delivery_redelivery_age_seconds')?.get();
  expect(age?.values.at(-1)?.value).toBe(1);
});

it('completes an event with an unreadable time, because its effect is applied', async () => {
  const { completer, lines } = aCompleter(['applied', 'duplicate'], [], {
    ...event,
    time: 'yesterday',
  });
  await completer.complete(record, aLane());
  await completer.complete(record, aLane());
  expect(lines.map(({ line }) => line['outcome'])).toEqual(['applied', 'duplicate']);
});

it('counts a collision when it dead-letters it', async () => {
  const { completer } = aCompleter([new IdempotencyCollision(['amountMinor'])]);
  await completer.complete(record, aLane());
  const name = 'delivery_key_collisions_total';
  await expect(valueOf(name, { consumer: 'loyalty' })).resolves.toBe(1);
});

it('reaches the failure points in order', async () => {
  const applied = aCompleter(['applied']);
  await applied.completer.complete(record, aLane());
  expect(applied.points).toEqual(['after_decode', 'before_commit']);
  const dead = aCompleter([new PermanentFailure('RecipientRefused', '550')]);
  await dead.completer.complete(record, aLane());
  expect(dead.points).toEqual(['after_decode', 'before_dead_letter', 'after_dead_letter']);
});

it('waits in its lane for the open circuit of its dependency, and continues once it is closed', async () => {
  let isUp = false;
  const circuit = new Circuit({
    dependency: 'loyalty-database',
    probe: async () => {
      if (!isUp) throw new Error('still down');
    },
    wait: async () => {
      await sleep(1);
    },
  });
  const down = () => Promise.reject(new DependencyDown('loyalty-database'));
  await circuit.call('someone', down).catch(() => undefined);
  let isParked = false;
  const { completer } = aCompleter([new DependencyDown('loyalty-database'), 'applied'], [circuit]);
  const completed = completer.complete(
    record,
    aLane({
      park: async (wait) => {
        isParked = true;
        await wait(new AbortController().signal);
        isParked = false;
      },
    }),
  );
  await sleep(0);
  expect(isParked).toBe(true);
  isUp = true;
  await completed;
  expect(isParked).toBe(false);
  circuit.close();
});

it('stores the attempts before it backs off', async () => {
  const log: string[] = [];
  const abandoned = new AbortController();
  const { completer } = aCompleter([new Error('hm')]);
  const completing = completer.complete(
    record,
    aLane({
      rememberAttempts: async (attempts) => {
        log.push(`remember ${attempts}`);
        abandoned.abort(new Error('cancelled'));
      },
      park: async (wait) => await wait(abandoned.signal),
    }),
  );
  await expect(completing).rejects.toThrow('aborted');
  expect(log).toEqual(['remember 1']);
});

// Otherwise a crash during the outage would restore counts that the outage had made void.
it('stores the lower count when the failures turn out to be an outage', async () => {
  const remembered: number[] = [];
  const abandoned = new AbortController();
  const circuit = new Circuit({ dependency: 'smtp', probe: async () => undefined });
  const refused = async (lane: string) =>
    await circuit
      .call(lane, () => Promise.reject(new RefusedForNow('smtp', 451)))
      .catch((error: unknown) => error as Error);
  const { completer } = aCompleter([await refused('alice'), new DependencyDown('smtp')], [circuit]);
  const completing = completer.complete(
    record,
    aLane({
      rememberAttempts: async (attempts) => void remembered.push(attempts),
      park: async (wait) => {
        if (remembered.length === 1) setImmediate(() => abandoned.abort(new Error('killed')));
        const waiting = wait(
          remembered.length === 0 ? AbortSignal.timeout(1) : abandoned.signal,
        ).catch((error: unknown) => {
          if (abandoned.signal.aborted) throw error;
        });
        if (remembered.length === 1) for (const lane of ['bob', 'carol']) await refused(lane);
        await waiting;
      },
    }),
  );
  await expect(completing).rejects.toThrow('killed');
  expect(remembered).toEqual([1, 0]);
  circuit.close();
});
