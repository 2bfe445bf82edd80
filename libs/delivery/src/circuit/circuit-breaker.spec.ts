import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Circuit, LANES_TO_OPEN } from './circuit-breaker.js';
import {
  classifyByCircuit,
  isDependencyToBlame,
  isRecordToBlame,
  isSymptomOfOutage,
} from './streak.js';
import { DependencyDown, LeaseHeld, PermanentFailure, RefusedForNow } from '../failure.js';

const circuits: Circuit[] = [];
afterEach(() => circuits.splice(0).forEach((circuit) => circuit.close()));

/** A circuit whose seconds pass when the test says so, before a server that the test plays. */
function byHand(options: { probeTimeoutMs?: number } = {}) {
  const server = { isUp: true, probes: 0, probe: async () => undefined as void };
  const waits: (() => void)[] = [];
  const circuit = new Circuit({
    ...options,
    dependency: 'smtp',
    probe: async () => {
      server.probes += 1;
      if (!server.isUp) throw new Error('still down');
      await server.probe();
    },
    wait: async (_, signal) => {
      await new Promise<void>((resolve) => waits.push(resolve));
      signal.throwIfAborted();
    },
  });
  circuits.push(circuit);
  /** Every wait that began before this second began ends. */
  const second = async () => {
    waits.splice(0).forEach((end) => end());
    await turns();
  };
  return { circuit, server, second, waits };
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

const refused = () => new RefusedForNow('smtp', 451);
const fails = async (circuit: Circuit, lane: string, error: Error = refused()): Promise<Error> =>
  await circuit
    .call(lane, () => Promise.reject(error))
    .then(
      () => new Error('it worked'),
      (thrown: Error) => thrown,
    );
const works = async (circuit: Circuit, lane: string) =>
  await circuit.call(lane, async () => 'worked');
const never = new AbortController().signal;
setMaxListeners(0, never);

async function open(circuit: Circuit, lanes = ['x', 'y', 'z']): Promise<Error[]> {
  const errors = [];
  for (const lane of lanes) errors.push(await fails(circuit, lane));
  expect(circuit.reading).toBe('open');
  return errors;
}

/** Lanes that try again and again, and are refused again and again. */
function patient(circuit: Circuit, lanes: number) {
  const tries: string[] = [];
  const cancelled = new AbortController();
  setMaxListeners(0, cancelled.signal);
  const retry = async (lane: string) => {
    for (;;) {
      await circuit.untilUsable(lane, cancelled.signal);
      await circuit
        .call(lane, async () => {
          tries.push(lane);
          await Promise.reject(refused());
        })
        .catch(() => undefined);
    }
  };
  for (let n = 0; n < lanes; n += 1) void retry(`user-${n}`).catch(() => undefined);
  return { tries, cancel: () => cancelled.abort() };
}

it('opens when three different users failed in a row, and hands every error out as it was', async () => {
  const { circuit } = byHand();
  const error = refused();
  expect(await fails(circuit, 'a', error)).toBe(error);
  await fails(circuit, 'b');
  expect(circuit.reading).toBe('closed');
  await fails(circuit, 'c');
  expect(circuit.reading).toBe('open');
});

it('stays closed however often one user is refused, and however many others work between', async () => {
  const { circuit } = byHand();
  for (let n = 0; n < 100; n += 1) await fails(circuit, 'bad');
  await works(circuit, 'good');
  for (let n = 0; n < 10; n += 1) {
    for (let lane = 1; lane < LANES_TO_OPEN; lane += 1) await fails(circuit, `user-${lane}`);
    await works(circuit, 'good');
  }
  expect(circuit.reading).toBe('closed');
});

it.each([
  ['a refusal of one record', new PermanentFailure('RecipientRefused', '550')],
  ['a held lease', new LeaseHeld(1)],
])('takes %s for proof that the server works', async (_, reply) => {
  const { circuit } = byHand();
  await fails(circuit, 'a');
  await fails(circuit, 'b');
  expect(await fails(circuit, 'c', reply)).toBe(reply);
  await fails(circuit, 'd');
  expect(circuit.reading).toBe('closed');
});

it('opens at once when the server cannot be reached', async () => {
  const { circuit } = byHand();
  await fails(circuit, 'a', new DependencyDown('smtp'));
  expect(circuit.reading).toBe('open');
});

it('leaves the server alone while it is open', async () => {
  const { circuit } = byHand();
  await open(circuit);
  let isTouched = false;
  const call = circuit.call('a', async () => void (isTouched = true));
  await expect(call).rejects.toBeInstanceOf(DependencyDown);
  expect(isTouched).toBe(false);
});

it('blames the outage for what failed on the way to it, not for what failed before a success', async () => {
  const { circuit } = byHand();
  const before = await fails(circuit, 'a');
  await works(circuit, 'b');
  const errors = await open(circuit);
  expect(errors.map(isSymptomOfOutage)).toEqual([true, true, true]);
  expect(isSymptomOfOutage(before)).toBe(false);
});

it('lets one waiting lane try when the server answers again, and all go when that worked', async () => {
  const { circuit, server, second } = byHand();
  await open(circuit);
  const gone: string[] = [];
  for (const lane of ['a', 'b', 'c']) {
    void circuit.untilUsable(lane, never).then(() => gone.push(lane));
  }
  server.isUp = false;
  await second();
  expect(gone).toEqual([]);
  server.isUp = true;
  await second();
  expect(gone).toEqual(['a']);
  await works(circuit, 'a');
  await turns();
  expect(gone).toEqual(['a', 'b', 'c']);
  expect(circuit.reading).toBe('closed');
});

// Each failed trial opens it again. If each opening probed by itself, trials would double.
it('tries a server that refuses every record once a second, however long that lasts', async () => {
  const { circuit, server, second, waits } = byHand();
  await open(circuit);
  const { tries, cancel } = patient(circuit, 100);
  for (let n = 0; n < 12; n += 1) await second();
  expect(server.probes).toBe(12);
  expect(tries).toHaveLength(12);
  expect(new Set(tries).size).toBe(12);
  expect(waits).toHaveLength(1);
  cancel();
});

it('lets no other lane try while one tries', async () => {
  const { circuit, second } = byHand();
  await open(circuit);
  void circuit.untilUsable('a', never);
  await second();
  let answer!: () => void;
  const trial = circuit.call('a', () => new Promise<void>((resolve) => (answer = resolve)));
  expect(circuit.reading).toBe('half_open');
  await expect(works(circuit, 'b')).rejects.toBeInstanceOf(DependencyDown);
  answer();
  await trial;
  expect(circuit.reading).toBe('closed');
});

it('closes by itself when no lane waits, so that records are fetched again', async () => {
  const { circuit, server, second } = byHand();
  await open(circuit);
  server.isUp = false;
  await second();
  expect(circuit.reading).toBe('open');
  server.isUp = true;
  await second();
  expect(circuit.reading).toBe('closed');
  // What failed before has gone elsewhere: one bad record alone must not open it for ever.
  const error = await fails(circuit, 'bad');
  expect(circuit.reading).toBe('closed');
  expect(isSymptomOfOutage(error)).toBe(false);
});

it('lets no lane try that was cancelled, and keeps nothing of it', async () => {
  const { circuit, second } = byHand();
  await open(circuit);
  const cancelled = new AbortController();
  const waiting = circuit.untilUsable('a', cancelled.signal);
  const gone: string[] = [];
  void circuit.untilUsable('b', never).then(() => gone.push('b'));
  cancelled.abort(new Error('rebalanced'));
  await expect(waiting).rejects.toThrow('rebalanced');
  await expect(circuit.untilUsable('c', cancelled.signal)).rejects.toThrow('rebalanced');
  await second();
  expect(gone).toEqual(['b']);
});

it('tries the next lane when the lane on trial makes no call, and that trial is void in the next outage', async () => {
  const { circuit, second } = byHand();
  await open(circuit);
  for (const lane of ['lost', 'b']) void circuit.untilUsable(lane, never);
  await second();
  await second();
  await works(circuit, 'b');
  expect(circuit.reading).toBe('closed');
  await open(circuit, ['p', 'q', 'r']);
  await expect(works(circuit, 'lost')).rejects.toBeInstanceOf(DependencyDown);
});

// A provider may say 451 to all and greet well: its greeting proves nothing. A connection does.
it('blames a failed trial on the outage after refusals, and on the record after a lost connection', async () => {
  const refusing = byHand();
  await open(refusing.circuit);
  void refusing.circuit.untilUsable('a', never);
  await refusing.second();
  expect(isSymptomOfOutage(await fails(refusing.circuit, 'a'))).toBe(true);
  const gone = byHand();
  await fails(gone.circuit, 'a', new DependencyDown('smtp'));
  void gone.circuit.untilUsable('a', never);
  await gone.second();
  expect(isSymptomOfOutage(await fails(gone.circuit, 'a'))).toBe(false);
});

it('forgets which lanes failed after a rebalance', async () => {
  const { circuit } = byHand();
  await fails(circuit, 'a');
  await fails(circuit, 'b');
  circuit.forgetLanes();
  await fails(circuit, 'c');
  expect(circuit.reading).toBe('closed');
});

describe('asked whether the server is to blame', () => {
  it('asks the server, and opens when there is no answer', async () => {
    const { circuit, server } = byHand();
    const error = await fails(circuit, 'only user');
    expect(await isDependencyToBlame(error)).toBe(false);
    expect(circuit.reading).toBe('closed');
    server.isUp = false;
    expect(await isDependencyToBlame(error)).toBe(true);
    expect(circuit.reading).toBe('open');
    expect(isSymptomOfOutage(error)).toBe(true);
  });

  it('says no without asking when it has worked for another lane since', async () => {
    const { circuit, server } = byHand();
    const error = await fails(circuit, 'a');
    await works(circuit, 'b');
    server.isUp = false;
    expect(await isDependencyToBlame(error)).toBe(false);
    expect(await isDependencyToBlame(new Error('came through no circuit'))).toBe(false);
    expect(server.probes).toBe(0);
  });

  it('says yes when others failed too while it asked', async () => {
    const { circuit, server } = byHand();
    let answer!: () => void;
    server.probe = () => new Promise<void>((resolve) => (answer = resolve));
    const asking = isDependencyToBlame(await fails(circuit, 'a'));
    await fails(circuit, 'b');
    await fails(circuit, 'c');
    answer();
    expect(await asking).toBe(true);
  });

  it('takes a probe that hangs for no answer', async () => {
    const { circuit, server } = byHand({ probeTimeoutMs: 1 });
    server.probe = () => new Promise<void>(() => undefined);
    expect(await isDependencyToBlame(await fails(circuit, 'a'))).toBe(true);
  });
});

it('asks again after a probe that hung', async () => {
  const { circuit, server, second, waits } = byHand({ probeTimeoutMs: 1 });
  await open(circuit);
  server.probe = () => new Promise<void>(() => undefined);
  await second();
  while (waits.length === 0) await sleep(1);
  server.probe = async () => undefined;
  await second();
  expect(circuit.reading).toBe('closed');
});

it('lets try although the clock was set back', async () => {
  const { circuit, second } = byHand();
  const now = Date.now.bind(Date);
  await open(circuit);
  try {
    Date.now = () => now() - 3_600_000;
    void circuit.untilUsable('a', never);
    await second();
    await expect(works(circuit, 'a')).resolves.toBe('worked');
  } finally {
    Date.now = now;
  }
});

it('tells who follows it each change', async () => {
  const { circuit, second } = byHand();
  const readings: string[] = [];
  circuit.onChange((reading) => {
    if (reading !== readings.at(-1)) readings.push(reading);
  });
  await open(circuit);
  void circuit.untilUsable('a', never);
  await second();
  await works(circuit, 'a');
  expect(readings).toEqual(['open', 'half_open', 'closed']);
});

describe('three bad mailboxes in a quiet moment', () => {
  const down = () => new DependencyDown('smtp');
  /** They open it, and wait; a lane that has not failed waits too. */
  async function quietMoment() {
    const hand = byHand();
    const errors = await open(hand.circuit, ['bad-1', 'bad-2', 'bad-3']);
    const gone: string[] = [];
    for (const lane of ['bad-1', 'bad-2', 'bad-3', 'good']) {
      void hand.circuit.untilUsable(lane, never).then(() => gone.push(lane));
    }
    return { ...hand, errors, gone };
  }

  it('are tried after a lane that has not failed', async () => {
    const { circuit, second, gone } = await quietMoment();
    await second();
    expect(gone).toEqual(['good']);
    await works(circuit, 'good');
    await turns();
    expect(gone).toEqual(['good', 'bad-1', 'bad-2', 'bad-3']);
  });

  it('fail alone when the server works for another lane: their failures count, and open nothing', async () => {
    const { circuit, second } = await quietMoment();
    await second();
    await works(circuit, 'good');
    for (const lane of ['bad-1', 'bad-2', 'bad-3', 'bad-1', 'bad-2', 'bad-3']) {
      const error = await fails(circuit, lane);
      expect([isSymptomOfOutage(error), await isDependencyToBlame(error)]).toEqual([false, false]);
    }
    expect(circuit.reading).toBe('closed');
    expect(classifyByCircuit(await fails(circuit, 'bad-1', down()))).toBe('transient');
  });

  it('do not hide an outage: three other lanes open it, and so does a probe that fails', async () => {
    const { circuit, second, server } = await quietMoment();
    await second();
    await works(circuit, 'good');
    await fails(circuit, 'bad-1');
    await open(circuit, ['x', 'y', 'z']);
    void circuit.untilUsable('a', never);
    await second();
    await works(circuit, 'a');
    server.isUp = false;
    const error = await fails(circuit, 'bad-1', down());
    expect(circuit.reading).toBe('open');
    expect(classifyByCircuit(error)).toBe('dependency_down');
  });

  it('are like all others again when one of their mails was accepted', async () => {
    const { circuit, second } = await quietMoment();
    await second();
    await works(circuit, 'good');
    for (const lane of ['bad-1', 'bad-2', 'bad-3']) await works(circuit, lane);
    await open(circuit, ['bad-1', 'bad-2', 'bad-3']);
  });

  it('do not stop the fetching of lanes that have not failed, until enough of them wait', async () => {
    const { circuit, second, server } = byHand();
    await open(circuit);
    void circuit.untilUsable('x', never);
    expect(circuit.admitsRecords).toBe(false);
    await second();
    expect(circuit.admitsRecords).toBe(true);
    for (let n = 0; n < 20; n += 1) void circuit.untilUsable(`user-${n}`, never);
    expect(circuit.admitsRecords).toBe(false);
    server.isUp = false;
    await second();
    expect(circuit.admitsRecords).toBe(false);
  });

  it('a reply that blames the server opens it; one lane that gets it always fails alone after all', async () => {
    const { circuit, second } = byHand();
    await fails(circuit, 'far away', down());
    expect(circuit.reading).toBe('open');
    void circuit.untilUsable('far away', never);
    await second();
    await fails(circuit, 'far away', down());
    expect(circuit.admitsRecords).toBe(true);
    void circuit.untilUsable('good', never);
    await second();
    await works(circuit, 'good');
    expect(classifyByCircuit(await fails(circuit, 'far away', down()))).toBe('transient');
    expect(circuit.reading).toBe('closed');
  });
});

describe('a refusal for good that may be about every record', () => {
  const blocked = () => new PermanentFailure('RecipientRefused', '554', { blames: 'unknown' });

  it('is the record to blame only when the server works for another lane', async () => {
    const { circuit } = byHand();
    const error = await fails(circuit, 'a', blocked());
    expect(isRecordToBlame(error)).toBe(false);
    await works(circuit, 'b');
    expect(isRecordToBlame(error)).toBe(true);
    const afterRebalance = await fails(circuit, 'a', blocked());
    circuit.forgetLanes();
    expect(isRecordToBlame(afterRebalance)).toBe(false);
  });

  it('opens the circuit when three users get it', async () => {
    const { circuit } = byHand();
    const errors = [];
    for (const lane of ['a', 'b', 'c']) errors.push(await fails(circuit, lane, blocked()));
    expect(circuit.reading).toBe('open');
    expect(errors.map(classifyByCircuit)).toEqual(Array(3).fill('dependency_down'));
  });

  it('is surely about the record when the server says so', async () => {
    const { circuit } = byHand();
    for (const lane of ['a', 'b', 'c']) {
      const full = new RefusedForNow('smtp', 452, { blames: 'record' });
      expect(isRecordToBlame(await fails(circuit, lane, full))).toBe(true);
    }
    expect(circuit.reading).toBe('closed');
  });
});
