import { blames, classify, type FailureClass } from '../failure.js';

export type CircuitReading = 'closed' | 'half_open' | 'open';

/** Failures in a row. A success ends it. It may turn out to be an outage. */
export interface Streak {
  owner: StreakOwner;
  lanes: Set<string>;
  isOutage: boolean;
  endedBySuccess: boolean;
}

/** The circuit breaker that counts the failures. */
export interface StreakOwner {
  readonly reading: CircuitReading;
  isToBlame: (streak: Streak) => Promise<boolean>;
  untilUsable: (lane: string, signal: AbortSignal) => Promise<void>;
}

const streakOf = new WeakMap<object, Streak>();
/** Errors of a lane that fails alone while the server works for others. */
const ownFaults = new WeakSet<object>();

export function newStreak(owner: StreakOwner): Streak {
  return { owner, lanes: new Set(), isOutage: false, endedBySuccess: false };
}

export function putInStreak(error: unknown, streak: Streak): void {
  if (typeof error === 'object' && error !== null) streakOf.set(error, streak);
}

export function markAsOwnFault(error: unknown): void {
  if (typeof error === 'object' && error !== null) ownFaults.add(error);
}

/**
 * Whether the server may be the cause. A poison record, a held lease and a refusal that is surely
 * about one record are replies that prove that the server works.
 */
export function mayBeServerFault(error: unknown): boolean {
  const failureClass = classify(error);
  if (failureClass === 'dependency_down') return true;
  return (
    (failureClass === 'transient' || failureClass === 'permanent') && blames(error) !== 'record'
  );
}

/** The error is one of those that led to opening a circuit, so it is not the record's fault. */
export function isSymptomOfOutage(error: unknown): boolean {
  return streakBehind(error)?.isOutage ?? false;
}

/** Whether the refusal is surely about its record: the server says so, or works for others. */
export function isRecordToBlame(error: unknown): boolean {
  if (blames(error) === 'record' || isOwnFault(error)) return true;
  return streakBehind(error)?.endedBySuccess ?? false;
}

/** @returns whether a dependency, not the record, is to blame. */
export async function isDependencyToBlame(error: unknown): Promise<boolean> {
  const streak = streakBehind(error);
  return streak ? await streak.owner.isToBlame(streak) : false;
}

/** The class of a failure, with what its circuit knows about the server. */
export function classifyByCircuit(error: unknown): FailureClass {
  if (isSymptomOfOutage(error)) return 'dependency_down';
  const failureClass = classify(error);
  return failureClass === 'dependency_down' && isOwnFault(error) ? 'transient' : failureClass;
}

/** The circuit an error came through; undefined when it came through none. */
export function circuitBehind(error: unknown): StreakOwner | undefined {
  return streakBehind(error)?.owner;
}

function streakBehind(error: unknown): Streak | undefined {
  return typeof error === 'object' && error !== null ? streakOf.get(error) : undefined;
}

function isOwnFault(error: unknown): boolean {
  return typeof error === 'object' && error !== null && ownFaults.has(error);
}
