import type { Client } from 'pg';

/** An amount as one of the four knows it, beside the payment it belongs to. */
export interface Amount {
  paymentId: string;
  /** The PSP does not know our users. */
  userId: string | undefined;
  currency: string;
  /** Never 0; below it for money that was given back. */
  amountMinor: number;
}

// Gone with the transaction, whatever becomes of it.
const TABLES = `
  CREATE TEMPORARY TABLE day_payments (
    payment_id text PRIMARY KEY, user_id text NOT NULL, currency text NOT NULL, amount_minor bigint NOT NULL
  ) ON COMMIT DROP;
  CREATE TEMPORARY TABLE day_effects (
    source text NOT NULL, user_id text NOT NULL, currency text NOT NULL, amount_minor bigint NOT NULL
  ) ON COMMIT DROP`;

const ROWS = `unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
  AS given (payment_id, user_id, currency, amount_minor)`;

/** What was read of the four, on the database's disk: a day of ten million payments is not held in memory. */
export class Staging {
  private constructor(private readonly database: Client) {}

  /** Needs a transaction, and lives as long as it. */
  static async open(database: Client): Promise<Staging> {
    await database.query(TABLES);
    return new Staging(database);
  }

  /** @returns their ids. */
  async addPayments(payments: (Amount & { userId: string })[]): Promise<string[]> {
    await this.database.query(`INSERT INTO day_payments SELECT * FROM ${ROWS}`, columns(payments));
    return payments.map(({ paymentId }) => paymentId);
  }

  /** What belongs to no payment of the day is left out. */
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
