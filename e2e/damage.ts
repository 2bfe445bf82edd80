import { auditStores, openStores, type Finding, type Stores } from '@effectively-once/audit';
import pg from 'pg';
import { at, auditSources } from './system-under-test.js';

/**
 * Damages the stores directly, in ways that no part of the system can. The audit must detect it.
 */

/** Runs one statement as the superuser, which no grant and no row policy stops. */
export async function sql<Row extends object>(
  database: 'payments' | 'loyalty' | 'console',
  statement: string,
  parameters: unknown[] = [],
): Promise<Row[]> {
  const url = new URL(at.POSTGRES_SUPERUSER_URL);
  url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.toString() });
  await client.connect();
  try {
    return (await client.query<Row>(statement, parameters)).rows;
  } finally {
    await client.end();
  }
}

/** Charges a card at the PSP without payments. `refund` refunds that charge. */
export async function captureByHand(capture: {
  paymentId: string;
  amountMinor: number;
}): Promise<{ id: string; refund: () => Promise<void> }> {
  const { id } = await psp('/v1/payment_intents', {
    amount: String(capture.amountMinor),
    currency: 'eur',
    payment_method: 'pm_card_visa',
    confirm: 'true',
    'metadata[paymentId]': capture.paymentId,
  });
  return { id, refund: async () => void (await psp('/v1/refunds', { payment_intent: id })) };
}

async function psp(path: string, form: Record<string, string>): Promise<{ id: string }> {
  const response = await fetch(new URL(path, at.PSP_URL), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${at.PSP_SECRET_KEY}`,
      'idempotency-key': crypto.randomUUID(),
    },
    body: new URLSearchParams(form),
  });
  if (!response.ok) throw new Error(`the PSP answered ${response.status} ${await response.text()}`);
  return (await response.json()) as { id: string };
}

/**
 * The violations that an audit of all payments finds now. `tamper` replaces stores: the auditor
 * then reads damage that we cannot make in the real store.
 */
export async function violations(
  tamper: (stores: Stores) => Partial<Stores> = () => ({}),
): Promise<Record<string, Finding[]>> {
  const stores = await openStores(auditSources);
  try {
    const report = await auditStores({ ...stores, ...tamper(stores) }, { settleLimitMs: 0 });
    return Object.fromEntries(report.invariants.map(({ id, violated }) => [id, violated]));
  } finally {
    await stores.close();
  }
}

/** Damages, audits, and repairs whatever the audit found. */
export async function damaged(
  damage: () => Promise<unknown>,
  repair: () => Promise<unknown>,
  tamper?: (stores: Stores) => Partial<Stores>,
): Promise<Record<string, Finding[]>> {
  await damage();
  try {
    return await violations(tamper);
  } finally {
    await repair();
  }
}
