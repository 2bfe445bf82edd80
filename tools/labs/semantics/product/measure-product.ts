import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import type { LabContext } from '../../lab.js';
import { countOutcomes, type StrategyResult } from '../strategies.js';
import { killsInMailWindow, type ProductKill } from './product-kills.js';
import { ProductUnderKill, type Effects } from './product-under-kill.js';

/**
 * The three consumers of this project as they are. All read the same payments. In each round all
 * are killed, each at its own failure point, and started again.
 */
export async function measureProduct(
  context: LabContext,
  payments: number,
  rounds: readonly ProductKill[],
): Promise<StrategyResult[]> {
  const ids = Array.from({ length: payments }, () => crypto.randomUUID());
  const product = await ProductUnderKill.start(context);
  try {
    const first = (n: number) => Math.floor((n * payments) / rounds.length);
    for (const [n, round] of rounds.entries()) {
      await product.killOnce(round, ids.slice(first(n), first(n + 1)));
      context.print(`  email, loyalty, search: kill ${n + 1} of ${rounds.length}`);
    }
    await product.untilDrained();
    const declared = await product.declaredDuplicates();
    const results: StrategyResult[] = [];
    for (const strategy of CONSUMERS) {
      const effects = await product.effectsOf(strategy, ids);
      results.push({ ...resultOf(strategy, payments, effects, declared), kills: rounds.length });
    }
    return results.map((one) =>
      one.strategy === 'email' ? { ...one, killsInWindow: killsInMailWindow(rounds) } : one,
    );
  } finally {
    await product.stop();
  }
}

/** @param declared the payments whose mail email itself calls a possible duplicate. */
function resultOf(
  strategy: ConsumerName,
  payments: number,
  effects: Effects,
  declared: ReadonlySet<string>,
) {
  const hasEvidence = (id: string) => strategy === 'email' && declared.has(id);
  const doubledWithoutEvidence = [...effects].filter(
    ([id, count]) => count > 1 && !hasEvidence(id),
  ).length;
  const ledger = [...effects.values()].map((count) => ({ effects: count }));
  return { strategy, ...countOutcomes(payments, ledger), doubledWithoutEvidence };
}
