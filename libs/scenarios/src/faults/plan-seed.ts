/** How rough a plan is: seconds from one fault to the next, and how long each lasts. */
export const PLAN_PRESETS = {
  calm: { everyS: 40, lastsS: 10 },
  rough: { everyS: 15, lastsS: 10 },
  stores: { everyS: 25, lastsS: 15 },
} as const;
export type PlanPreset = keyof typeof PLAN_PRESETS;

export const PLAN_MINUTES_MAX = 30;

/** The seed of a plan names all of it: `rough-5m-4711`. */
export const seedOf = (preset: PlanPreset, minutes: number, number: number) =>
  `${preset}-${minutes}m-${number}`;
