import { z } from 'zod';
import type { Query } from '../../pipeline/payments-database.js';
import type { PaymentSummary } from '../wire/evidence.js';
import { PAYMENTS_MAX } from './live-feed.js';

/** Payments that are watched although newer ones have taken their place in the list. */
const UNFINISHED_MAX = 100;

export interface PaymentsWatchOptions {
  query: Query;
  /** Payments with the states of their effects. An id that does not exist is absent. */
  summarize: (ids: readonly string[]) => Promise<PaymentSummary[]>;
}

const rows = z.array(z.object({ id: z.string(), version: z.number() }));

/**
 * Finds the payments that are new or have changed. It always looks at the newest ones and not only
 * behind the last id: a payment with an older id can be committed later.
 */
export class PaymentsWatch {
  private known = new Map<string, { version: number; text: string; isFinished: boolean }>();

  constructor(private readonly options: PaymentsWatchOptions) {}

  /** The payments that are new or changed since the last call, newest first. */
  async changed(): Promise<PaymentSummary[]> {
    const versions = await this.versions();
    const ids = [...versions]
      .filter(([id, version]) => {
        const known = this.known.get(id);
        return !known?.isFinished || known.version !== version;
      })
      .map(([id]) => id);
    const summaries = ids.length === 0 ? [] : await this.options.summarize(ids);
    const changed = summaries.filter((summary) => this.isNews(summary, versions));
    this.forgetAllBut(versions);
    return changed.sort((one, other) => (one.id < other.id ? 1 : -1));
  }

  forget(): void {
    this.known.clear();
  }

  /** Versions by id: of the newest payments, and of older ones that are not finished. */
  private async versions(): Promise<Map<string, number>> {
    const unfinished = [...this.known]
      .filter(([, { isFinished }]) => !isFinished)
      .map(([id]) => id)
      .sort()
      .slice(-UNFINISHED_MAX);
    const found = await this.options.query(
      `SELECT id, version FROM payments.payments WHERE id = ANY($2)
        UNION (SELECT id, version FROM payments.payments ORDER BY id DESC LIMIT $1)`,
      [PAYMENTS_MAX, unfinished],
    );
    return new Map(rows.parse(found).map(({ id, version }) => [id, version]));
  }

  private isNews(summary: PaymentSummary, versions: ReadonlyMap<string, number>): boolean {
    const text = JSON.stringify(summary);
    const isChanged = this.known.get(summary.id)?.text !== text;
    const version = versions.get(summary.id) ?? 0;
    this.known.set(summary.id, { version, text, isFinished: isFinished(summary) });
    return isChanged;
  }

  private forgetAllBut(versions: ReadonlyMap<string, number>): void {
    for (const id of this.known.keys()) if (!versions.has(id)) this.known.delete(id);
  }
}

/** Nothing more is expected to happen to it. */
function isFinished({ status, effects }: PaymentSummary): boolean {
  if (status === 'PENDING' || status === 'UNKNOWN') return false;
  return Object.values(effects).every((effect) => effect === 'done' || effect === 'none');
}
