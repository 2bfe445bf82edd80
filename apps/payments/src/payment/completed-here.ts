import { LRUCache } from 'lru-cache';

// 17 s of the highest rate that was measured. Nearly every webhook comes within milliseconds; a
// later one costs a statement, as it did before.
const KEPT_MAX = 20_000;

/**
 * The payments that this process itself finalized as COMPLETED. A final state never changes, so
 * this memory cannot become wrong. It is lost with the process, and then the database is asked.
 */
export class CompletedHere {
  private readonly pspReferences: LRUCache<string, string>;
  private readonly underWay = new Map<string, Promise<unknown>>();

  constructor(keptMax = KEPT_MAX) {
    this.pspReferences = new LRUCache({ max: keptMax });
  }

  /** Remembers the payment only after `statement` said that it, and no other one, finalized it. */
  async remember(
    payment: { id: string; status: string; pspReference: string | null },
    statement: Promise<'finalized' | 'lost'>,
  ): Promise<'finalized' | 'lost'> {
    const { id, status, pspReference } = payment;
    this.underWay.set(id, statement);
    try {
      const outcome = await statement;
      if (outcome === 'finalized' && status === 'COMPLETED' && pspReference !== null) {
        this.pspReferences.set(id, pspReference);
      }
      return outcome;
    } finally {
      if (this.underWay.get(id) === statement) this.underWay.delete(id);
    }
  }

  /**
   * Whether this process completed the payment with this PSP reference. Waits for a statement that
   * is about to do it: a webhook most often comes while the request itself finalizes.
   */
  async has(payment: { id: string; pspReference: string }): Promise<boolean> {
    // A failed statement fails its own caller. Here it only means that nothing is known.
    await this.underWay.get(payment.id)?.catch(() => undefined);
    return this.pspReferences.get(payment.id) === payment.pspReference;
  }
}
