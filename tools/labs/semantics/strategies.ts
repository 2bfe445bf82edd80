import type { ConsumerName } from '@effectively-once/contracts';
import type { LabClaim } from '../lab.js';

/** The order of commit and effect, and what recognises a redelivered record. */
export const STRATEGIES = ['commit first', 'effect first', 'effect first, inbox'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** `inside`: between the inbox row and the effect, in their open transaction. */
export type KillPoint = 'inside' | 'between effect and commit';

export interface SemanticsSettings {
  strategy: Strategy;
  brokers: string[];
  topic: string;
  groupId: string;
  databaseUrl: string;
  /** Payments at which this process waits to be killed. */
  killAt: { n: number; point: KillPoint }[];
}

/** A payment of the lab. */
export interface LabPayment {
  n: number;
  userId: string;
}

/** Chooses `kills` different payments of `payments`, and a point for each. */
export function plannedKills(
  random: () => number,
  { payments, kills }: { payments: number; kills: number },
): SemanticsSettings['killAt'] {
  if (kills > payments) throw new Error(`${kills} kills need as many payments`);
  const chosen = new Map<number, KillPoint>();
  while (chosen.size < kills) {
    const n = Math.floor(random() * payments);
    if (!chosen.has(n)) {
      chosen.set(n, random() < 0.5 ? 'inside' : 'between effect and commit');
    }
  }
  return [...chosen].map(([n, point]) => ({ n, point }));
}

export interface Outcomes {
  once: number;
  lost: number;
  doubled: number;
}

/** @param ledger how often each payment has an effect; payments without one have no row. */
export function countOutcomes(payments: number, ledger: readonly { effects: number }[]): Outcomes {
  const doubled = ledger.filter(({ effects }) => effects > 1).length;
  return { once: ledger.length - doubled, lost: payments - ledger.length, doubled };
}

export interface StrategyResult extends Outcomes {
  /** A strategy of the lab, or one of the consumers of this project as it is. */
  strategy: Strategy | ConsumerName;
  kills: number;
  /** Redelivered payments that the inbox recognised; only of the strategies of the lab. */
  absorbed?: number;
  /** Doubled, and the consumer did not declare it as a possible duplicate. */
  doubledWithoutEvidence: number;
  /** Kills between its effect and its marker; only of email, which has this window. */
  killsInWindow?: number;
}

/** One claim for the losses and one for the doubled payments of each strategy. */
export function semanticsClaims(results: readonly StrategyResult[]): LabClaim[] {
  return results.flatMap((result) => {
    const { strategy, kills, lost, doubled, killsInWindow } = result;
    const each = { atLeast: kills, atMost: kills };
    const none = { atMost: 0 };
    const losses = strategy === 'commit first' ? each : none;
    const lossesOf = { claim: `${strategy}: lost`, value: lost, ...losses };
    if (killsInWindow !== undefined) {
      // A kill may hit several receipts inside the window.
      return [
        lossesOf,
        { claim: `${strategy}: doubled`, value: doubled, atLeast: killsInWindow },
        { claim: '… without evidence', value: result.doubledWithoutEvidence, ...none },
      ];
    }
    const doubles = strategy === 'effect first' ? each : none;
    return [lossesOf, { claim: `${strategy}: doubled`, value: doubled, ...doubles }];
  });
}
