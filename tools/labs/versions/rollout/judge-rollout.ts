import type { VerdictCounts } from '@effectively-once/audit';
import type { LabClaim } from '../../lab.js';
import type { CheckoutSeen } from '../deploy/customers.js';
import { SERVICES, type Deploy, type ServiceName } from '../deploy/fleet.js';
import { unpaid, type EffectTimes, type PublishedEvent } from '../deploy/run-records.js';

/** A part of the run, in ms since the epoch. */
export interface Phase {
  fromMs: number;
  toMs: number;
}

/** What the lab has seen. */
export interface Rollout {
  /** Whether times are judged. Not in `npm test`, which shares its machine. */
  judgesTimes: boolean;
  /** Before the first deploy. */
  calm: Phase;
  /** In their order. Each lasts until the next one starts, the last one until `endedAtMs`. */
  deploys: readonly Deploy[];
  /** The same by `kill -9`, one service, without a successor that was ready. */
  kill: Deploy | undefined;
  /** The schema was expanded, and the first N of payments was started. */
  oldCodeOnNewSchema: Phase;
  /** The customers had left. */
  endedAtMs: number;
  times: EffectTimes;
  published: readonly PublishedEvent[];
  checkouts: readonly CheckoutSeen[];
  deadLetters: number;
  neededKill: boolean;
  verdict: VerdictCounts;
}

export interface DeployOutcome extends Deploy {
  /** The longest time without an effect, of each service. */
  standstillMs: Record<ServiceName, number>;
  /** How many payments waited for this effect, at most. Not for payments itself. */
  behindMax: number;
}

/** A member that leaves gives its partitions back at once. A dead one keeps them for this time. */
const SESSION_TIMEOUT_MS = 10_000;
/** The last heartbeat is up to a second before the death. */
const KILL_STANDSTILL_MIN_MS = 8_000;

export function judgeDeploys(run: Rollout): DeployOutcome[] {
  const all = run.kill ? [...run.deploys, run.kill] : run.deploys;
  return all.map((deploy, n) => {
    const phase = { fromMs: deploy.startedAtMs, toMs: all[n + 1]?.startedAtMs ?? run.endedAtMs };
    return {
      ...deploy,
      standstillMs: Object.fromEntries(
        SERVICES.map((service) => [service, longestGapMs(run.times[service], phase)]),
      ) as DeployOutcome['standstillMs'],
      behindMax: mostBehind(run.times, deploy.service, phase),
    };
  });
}

/** The longest time of the phase without one of these events. Its whole length without any. */
export function longestGapMs(times: readonly number[], { fromMs, toMs }: Phase): number {
  const inside = times.filter((time) => time >= fromMs && time <= toMs);
  return [...inside, toMs].reduce(
    ({ longest, last }, time) => ({ longest: Math.max(longest, time - last), last: time }),
    { longest: 0, last: fromMs },
  ).longest;
}

/** How many payments had been completed and had no effect yet, at most. */
export function mostBehind(times: EffectTimes, service: ServiceName, phase: Phase): number {
  if (service === 'payments') return 0;
  const done = times[service];
  let [n, most] = [0, 0];
  for (const [before, atMs] of times.payments.entries()) {
    while (n < done.length && (done[n] ?? Infinity) <= atMs) n += 1;
    if (atMs >= phase.fromMs && atMs <= phase.toMs) most = Math.max(most, before + 1 - n);
  }
  return most;
}

export const inPhase = (times: readonly number[], { fromMs, toMs }: Phase): number =>
  times.filter((time) => time >= fromMs && time <= toMs).length;

/** During the deploys of this service. */
export const worstStandstillMs = (outcomes: readonly DeployOutcome[], of: ServiceName): number =>
  Math.max(
    ...outcomes.filter(({ service }) => service === of).map(({ standstillMs }) => standstillMs[of]),
  );

export function rolloutClaims(run: Rollout, outcomes: readonly DeployOutcome[]): LabClaim[] {
  const rolling = outcomes.slice(0, run.deploys.length);
  const killed = run.kill ? outcomes.slice(run.deploys.length) : [];
  const deployed = SERVICES.filter((name) => rolling.some(({ service }) => service === name));
  const { lost, doubled, late, other } = run.verdict;
  const none = (claim: string, value: number): LabClaim => ({ claim, value, atMost: 0 });
  const some = (claim: string, value: number): LabClaim => ({ claim, value, atLeast: 1 });
  const ofVersion = (asked: number) =>
    run.published.filter(({ version }) => version === asked).length;
  return [
    none('customers without a paid order', unpaid(run.checkouts)),
    none('payments that lost something', lost),
    none('payments that have something twice', doubled),
    none('payments that wait for something at the end', late),
    none('other violations', other),
    none('dead letters', run.deadLetters),
    none('processes that did not end after SIGTERM', Number(run.neededKill)),
    some('events of version 1', ofVersion(1)),
    some('events of version 2', ofVersion(2)),
    some(
      'payments of the old code on the new schema',
      inPhase(run.times.payments, run.oldCodeOnNewSchema),
    ),
    ...(run.judgesTimes ? deployed : []).map((service) => ({
      claim: `${service}: longest standstill of its rolling deploys, s`,
      value: worstStandstillMs(rolling, service) / 1_000,
      atMost: SESSION_TIMEOUT_MS / 1_000,
    })),
    ...killed.map(({ service, standstillMs }) => ({
      claim: `${service}: standstill after kill -9, s`,
      value: standstillMs[service] / 1_000,
      atLeast: KILL_STANDSTILL_MIN_MS / 1_000,
    })),
  ];
}
