import { FAULT_DEFINITIONS } from './catalogue.js';
import type { FaultDefinition } from './fault-definition.js';
import type { FaultRequest } from './fault-request.js';
import { PLAN_MINUTES_MAX, PLAN_PRESETS, type PlanPreset } from './plan-seed.js';

export interface PlannedFault {
  /** Seconds from the start of the plan. */
  atS: number;
  request: FaultRequest;
}

const SEED = /^(calm|rough|stores)-(\d{1,2})m-(\d{1,9})$/;

/**
 * What a scheduler breaks, and when. The same seed gives the same plan, on the page and in
 * `npm run test:faults -- --plan SEED`.
 * @returns undefined if it is no seed.
 */
export function planOf(seed: string): PlannedFault[] | undefined {
  const [, preset, minutesText, number] = SEED.exec(seed) ?? [];
  const minutes = Number(minutesText);
  if (!preset || !(minutes >= 1 && minutes <= PLAN_MINUTES_MAX)) return undefined;
  const { everyS, lastsS } = PLAN_PRESETS[preset as PlanPreset];
  const faults = PLANNED.filter(({ target }) => preset !== 'stores' || STORES.has(target));
  const random = numbersFrom(Number(number));
  return Array.from({ length: Math.floor((minutes * 60) / everyS) }, (_, n) => {
    const { target, kind } = faults[Math.floor(random() * faults.length)] as FaultDefinition;
    return { atS: n * everyS, request: { target, kind, seconds: lastsS } };
  });
}

const STORES = new Set(['redis', 'loyalty-database', 'elasticsearch', 'smtp']);

/**
 * What both the page and the fault rounds can break. Under each of them every payment is paid in
 * the end, so the rounds can expect it. The repair after a mistake of an operator may take longer
 * than the time between two faults, so a plan makes none.
 */
const PLANNED = FAULT_DEFINITIONS.filter(
  ({ target, points, needsAddress, isMistake, kind }) =>
    target !== 'psp' && !points && !needsAddress && !isMistake && kind !== 'hang_after_data',
);

/** Numbers from 0 to 1. Algorithm: mulberry32, public domain, by Tommy Ettinger. */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
