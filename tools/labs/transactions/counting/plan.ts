import type { CountingStep } from './counting-options.js';

/** How the service writes. `outputs first` is the same service without a transaction. */
export const WAYS_OF_COUNTING = ['transaction', 'outputs first'] as const;
export type WayOfCounting = (typeof WAYS_OF_COUNTING)[number];

/** Where one process of the service ends. */
export interface PlannedEnd {
  /** The first transaction of the process has number 1. */
  transaction: number;
  step: CountingStep;
  /** False: it is killed while it goes on, for example during the commit. */
  stops: boolean;
  /** `freeze`: it wakes up when its successor has taken over. */
  how: 'kill' | 'freeze';
}

export interface CountingSettings {
  way: WayOfCounting;
  brokers: string[];
  input: string;
  output: string;
  groupId: string;
  databaseUrl: string;
  commitEveryMs: number;
  plan: PlannedEnd | undefined;
}

const TRANSACTIONS_MAX = 12;

/** The ends that a full round has: each step, the commit on its way, and a zombie. */
const ROUND: readonly Pick<PlannedEnd, 'step' | 'stops' | 'how'>[] = [
  { step: 'sent', stops: true, how: 'kill' },
  { step: 'offset sent', stops: true, how: 'kill' },
  { step: 'sent', stops: true, how: 'freeze' },
  { step: 'offset sent', stops: false, how: 'kill' },
  { step: 'committed', stops: true, how: 'kill' },
];

/** @param count of the ends. The kinds come in turn; the seed chooses the transaction. */
export const plannedEnds = (random: () => number, count: number): PlannedEnd[] =>
  Array.from({ length: count }, (_, n) => ({
    ...ROUND[n % ROUND.length]!,
    transaction: 1 + Math.floor(random() * TRANSACTIONS_MAX),
  }));
