import { secondsUsed, usedBetween, type CpuTimes } from '../cpu/cpu-times.js';

/** A number that only grows: what one place has done since it began. */
export interface Counter {
  /** A store, or a connection: `email → redis`. */
  where: string;
  what: string;
  unit: 'B' | 'times';
  value: number;
}

/** What the operating system and the stores said at one moment. */
export interface Reading {
  atMs: number;
  cpu: CpuTimes;
  counters: readonly Counter[];
}

/** What the system does in a second without payments. */
export interface IdleLedger {
  seconds: number;
  /** Milliseconds of CPU in a second. */
  cpuMsPerS: Record<string, { user: number; system: number }>;
  counters: CounterPerS[];
}

type CounterPerS = Omit<Counter, 'value'> & { perS: number };

/** What one payment costs, without what the system would have done in that time anyway. */
export interface PaymentLedger {
  payments: number;
  /** From the first payment to the last effect. */
  seconds: number;
  cpuMs: Record<string, { user: number; system: number }>;
  /** All processes together. */
  coreMs: number;
  counters: CounterPerPayment[];
}

type CounterPerPayment = Omit<Counter, 'value'> & { perPayment: number };

/** @throws RangeError if no time has passed. */
export function idleLedger(before: Reading, after: Reading): IdleLedger {
  const seconds = secondsBetween(before, after);
  const cpuMsPerS = mapCpu(usedBetween(before.cpu, after.cpu), (used) => (used * 1_000) / seconds);
  const counters = grownBy(before.counters, after.counters).map(({ value, ...counter }) => ({
    ...counter,
    perS: value / seconds,
  }));
  return { seconds, cpuMsPerS, counters };
}

/**
 * Subtracts the idle system and divides by the payments. A process that waits for work in a loop
 * can get a negative figure: it works instead of waiting. That is right, and the sum needs it.
 *
 * A counter that the idle system did not have is new since then, and counts from 0: a connection.
 * @throws RangeError without payments or time: there is nothing to divide by.
 */
export function paymentLedger(
  { before, after, payments }: { before: Reading; after: Reading; payments: number },
  idle: IdleLedger,
): PaymentLedger {
  if (payments < 1) throw new RangeError('no payment was paid, so there is no cost of one');
  const seconds = secondsBetween(before, after);
  const used = usedBetween(before.cpu, after.cpu);
  const cpuMs = Object.fromEntries(
    [...used].map(([name, { user, system }]) => {
      const idleMs = idle.cpuMsPerS[name] ?? { user: 0, system: 0 };
      const each = (usedS: number, idleMsPerS: number) =>
        (usedS * 1_000 - idleMsPerS * seconds) / payments;
      return [name, { user: each(user, idleMs.user), system: each(system, idleMs.system) }];
    }),
  );
  const idlePerS = new Map(idle.counters.map((counter) => [keyOf(counter), counter.perS]));
  const counters = grownBy(before.counters, after.counters).map(({ value, ...counter }) => ({
    ...counter,
    perPayment: (value - (idlePerS.get(keyOf(counter)) ?? 0) * seconds) / payments,
  }));
  return { payments, seconds, cpuMs, coreMs: sumOfCpu(cpuMs), counters };
}

/** User and system of all processes, in the unit of the map. */
export const sumOfCpu = (cpu: Record<string, { user: number; system: number }>): number =>
  Object.values(cpu).reduce((sum, each) => sum + secondsUsed(each), 0);

export const keyOf = ({ where, what, unit }: Omit<Counter, 'value'>): string =>
  `${where}: ${what} (${unit})`;

/**
 * A counter that has shrunk is left out: a file was compacted, or a store began again. Its figure
 * would be wrong, and a figure is measured or absent.
 */
function grownBy(before: readonly Counter[], after: readonly Counter[]): Counter[] {
  const earlier = new Map(before.map((counter) => [keyOf(counter), counter.value]));
  return after
    .map((counter) => ({
      ...counter,
      value: counter.value - (earlier.get(keyOf(counter)) ?? 0),
    }))
    .filter(({ value }) => value >= 0);
}

function secondsBetween(before: Reading, after: Reading): number {
  const seconds = (after.atMs - before.atMs) / 1_000;
  if (!(seconds > 0)) throw new RangeError('no time has passed between the two readings');
  return seconds;
}

function mapCpu(times: CpuTimes, change: (seconds: number) => number): IdleLedger['cpuMsPerS'] {
  return Object.fromEntries(
    [...times].map(([name, { user, system }]) => [
      name,
      { user: change(user), system: change(system) },
    ]),
  );
}
