import { readEffectsOf, type AuditReport, type Connections } from '@effectively-once/audit';
import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import { z } from 'zod';
import type { Query } from '../../pipeline/payments-database.js';
import type { PaymentList, PaymentSummary } from '../wire/evidence.js';
import { effectStates, findingsIn, idsFound, LATE_AFTER_MS } from './effect-states.js';
import { readPaymentRows, type PaymentRowSummary } from './payment-rows.js';
import type { EffectFilter, PaymentsQuery } from './requests.js';

const PAGE_SIZE = 50;
/** Ids that a filter by effects takes from the dead-letter table at once, newest first. */
const DEAD_LETTERS_MAX = 2_000;

export interface PaymentSummariesOptions {
  connections: Connections;
  /** The payments database and the console's own, both read-only. */
  payments: Query;
  console: Query;
  /** The last report of the standing audit. */
  audit: () => AuditReport | undefined;
  now: () => number;
}

/**
 * Payments with the state of each effect. The effects of a page are looked up by id in each store,
 * once for all payments of the page.
 */
export class PaymentSummaries {
  constructor(private readonly options: PaymentSummariesOptions) {}

  /**
   * A page of 50 payments, newest first. The filter by effects does not scan: it asks the last
   * audit and the dead-letter table which payments to look at.
   */
  async list({ effects, ...asked }: PaymentsQuery): Promise<PaymentList> {
    const { payments } = this.options;
    const ids = effects && (await this.idsWith(effects, asked.cursor));
    const only = ids ? { ids } : {};
    const found = await readPaymentRows(payments, { ...asked, ...only, limit: PAGE_SIZE + 1 });
    const page = found.slice(0, PAGE_SIZE);
    const nextCursor = found.length > PAGE_SIZE ? (page.at(-1)?.id ?? null) : null;
    return { items: await this.withEffects(page), nextCursor };
  }

  /** These payments, newest first. An id without a payment is left out. */
  async of(ids: readonly string[]): Promise<PaymentSummary[]> {
    const { payments } = this.options;
    return await this.withEffects(
      await readPaymentRows(payments, { ids: [...ids], limit: ids.length }),
    );
  }

  private async withEffects(rows: PaymentRowSummary[]): Promise<PaymentSummary[]> {
    const { connections, audit, now } = this.options;
    const nowMs = now();
    const completed = new Map(
      rows.flatMap(({ id, status, completedAt }) =>
        status === 'COMPLETED' ? [[id, Date.parse(completedAt ?? '')] as const] : [],
      ),
    );
    const ids = [...completed.keys()];
    const isExpected = (id: string) => nowMs - (completed.get(id) ?? nowMs) > LATE_AFTER_MS;
    const [effects, deadLetters] = await Promise.all([
      readEffectsOf(connections, ids, isExpected),
      this.deadLettersOf(ids),
    ]);
    const evidence = { effects, deadLetters, isFound: findingsIn(audit()), nowMs };
    return rows.map((row) => ({ ...row, effects: effectStates(row, evidence) }));
  }

  private async deadLettersOf(ids: string[]) {
    if (ids.length === 0) return [];
    const rows = await this.options.console(
      `SELECT consumer, payment_id FROM console.dead_letters
        WHERE payment_id = ANY($1) AND state IN ('pending', 'discarded')`,
      [ids],
    );
    return deadLetters.parse(rows).map((row) => ({
      consumer: row.consumer,
      paymentId: row.payment_id,
    }));
  }

  private async idsWith(filter: EffectFilter, cursor: string | undefined): Promise<string[]> {
    if (filter !== 'dead_lettered') {
      // The audit also names things that are no payment, such as a user or a record.
      return idsFound(this.options.audit(), filter).filter((id) => uuid.safeParse(id).success);
    }
    const rows = await this.options.console(
      `SELECT DISTINCT payment_id FROM console.dead_letters
        WHERE state IN ('pending', 'discarded') AND payment_id ~ $1
          AND ($2::text IS NULL OR payment_id < $2)
        ORDER BY payment_id DESC LIMIT $3`,
      [UUID, cursor ?? null, DEAD_LETTERS_MAX],
    );
    return rows.map(({ payment_id }) => String(payment_id));
  }
}

const UUID = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
const uuid = z.string().regex(new RegExp(UUID));
const deadLetters = z.array(
  z.object({
    consumer: z.enum(CONSUMERS satisfies readonly ConsumerName[]),
    payment_id: z.string(),
  }),
);
