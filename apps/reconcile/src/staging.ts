import type { Client } from 'pg';

/** An amount in one of the four stores, with its payment. */
export interface Amount {
  paymentId: string;
  /** Undefined from the PSP, which does not know our users. */
  userId: string | undefined;
  currency: string;
  /** Never 0. Negative for a refund. A fraction if the PSP took what no payment of ours asks. */
  amountMinor: number;
}

// ON COMMIT DROP: the tables end with the transaction, also after a rollback.
const TABLES = `
  CREATE TEMPORARY TABLE day_payments (
    payment_id text PRIMARY KEY, user_id text NOT NULL, currency text NOT NULL, amount_minor bigint NOT NULL
  ) ON COMMIT DROP;
  CREATE TEMPORARY TABLE day_effects (
    source text NOT NULL, user_id text NOT NULL, currency text NOT NULL, amount_minor numeric NOT NULL
  ) ON COMMIT DROP`;

const ROWS = `unnest($1::text[], $2::text[], $3::text[], $4::numeric[])
  AS given (payment_id, user_id, currency, amount_minor)`;

/**
 * Staging tables for the rows of the four stores. A day of ten million payments does not fit into
 * memory.
 */
export class Staging {
  private constructor(private readonly database: Client) {}

  /** Requires an open transaction. The tables live until its end. */
  static async open(database: Client): Promise<Staging> {
    await database.query(TABLES);
    return new Staging(database);
  }

  /** @returns the ids of the payments. */
  async addPayments(payments: (Amount & { userId: string })[]): Promise<string[]> {
    await this.database.query(`INSERT INTO day_payments SELECT * FROM ${ROWS}`, columns(payments));
    return payments.map(({ paymentId }) => paymentId);
  }

  /** Ignores effects whose payment is not of the day. */
  async addEffects(source: 'psp' | 'points' | 'documents', effects: Amount[]): Promise<void> {
    await this.database.query(
      `INSERT INTO day_effects
       SELECT $5, coalesce(given.user_id, payment.user_id), upper(given.currency), given.amount_minor
         FROM ${ROWS} JOIN day_payments payment USING (payment_id)`,
      [...columns(effects), source],
    );
  }
}

function columns(amounts: Amount[]): unknown[] {
  return [
    amounts.map(({ paymentId }) => paymentId),
    amounts.map(({ userId }) => userId),
    amounts.map(({ currency }) => currency),
    amounts.map(({ amountMinor }) => amountMinor),
  ];
}
