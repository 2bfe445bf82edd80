import { idleLedger, paymentLedger, type Counter, type Reading } from './ledger.js';

const wal = (value: number): Counter => ({
  where: 'postgres',
  what: 'write-ahead log',
  unit: 'B',
  value,
});
const cpu = (payments: [number, number], connect: [number, number]) =>
  new Map([
    ['payments', { user: payments[0], system: payments[1] }],
    ['connect', { user: connect[0], system: connect[1] }],
  ]);
const reading = (atMs: number, times: Reading['cpu'], ...counters: Counter[]): Reading => ({
  atMs,
  cpu: times,
  counters,
});

const start = reading(0, cpu([1, 1], [2, 2]), wal(1_000));
const quiet = reading(10_000, cpu([1.1, 1.2], [3, 2.5]), wal(1_500));
const idle = idleLedger(start, quiet);

it('tells what the system does in a second without payments', () => {
  expect(idle.seconds).toBe(10);
  expect(idle.cpuMsPerS['payments']?.user).toBeCloseTo(10);
  expect(idle.cpuMsPerS['payments']?.system).toBeCloseTo(20);
  expect(idle.cpuMsPerS['connect']?.user).toBeCloseTo(100);
  expect(idle.counters).toEqual([
    { where: 'postgres', what: 'write-ahead log', unit: 'B', perS: 50 },
  ]);
});

describe('what a payment costs', () => {
  // 20 s with 100 payments. The idle system would have used 0.2 and 0.4 s of payments' time.
  const done = reading(30_000, cpu([2.3, 1.8], [4.9, 3.5]), wal(102_500));
  const ledger = paymentLedger({ before: quiet, after: done, payments: 100 }, idle);

  it('is without what the idle system uses in the same time', () => {
    expect(ledger.seconds).toBe(20);
    expect(ledger.cpuMs['payments']?.user).toBeCloseTo(10);
    expect(ledger.cpuMs['payments']?.system).toBeCloseTo(2);
    expect(ledger.counters[0]?.perPayment).toBeCloseTo(1_000);
  });

  it('can be negative for a process that works instead of waiting, and the sum has it', () => {
    expect(ledger.cpuMs['connect']?.user).toBeCloseTo(-1);
    expect(ledger.cpuMs['connect']?.system).toBeCloseTo(0);
    expect(ledger.coreMs).toBeCloseTo(11);
  });

  it('has a connection that was opened meanwhile, from 0', () => {
    const opened: Counter = { where: 'email → smtp', what: 'sent', unit: 'B', value: 300 };
    const after = { ...done, counters: [opened] };
    const { counters } = paymentLedger({ before: quiet, after, payments: 100 }, idle);
    expect(counters).toEqual([{ where: 'email → smtp', what: 'sent', unit: 'B', perPayment: 3 }]);
  });

  it('has no figure for a counter that has shrunk, such as a compacted file', () => {
    const after = { ...done, counters: [wal(900)] };
    expect(paymentLedger({ before: quiet, after, payments: 1 }, idle).counters).toEqual([]);
  });
});

it('divides neither by no payments nor by no time', () => {
  const nothing = { before: start, after: quiet, payments: 0 };
  expect(() => paymentLedger(nothing, idle)).toThrow('no payment was paid');
  expect(() => idleLedger(start, start)).toThrow('no time has passed');
});
