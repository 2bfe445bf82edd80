import { setTimeout as sleep } from 'node:timers/promises';
import type { PaymentCompleted } from '@effectively-once/contracts';
import { IdempotencyCollision, PermanentFailure, type Applied } from '@effectively-once/delivery';
import type { Client } from 'pg';
import { documentOf } from './payment-document.js';
import { DeletedNotLongAgo, type PaymentDocuments } from './search.idempotency.js';

const PAGE = 500;
const TRIES_MAX = 6;
const FIRST_WAIT_MS = 500;
const WAIT_MAX_MS = 8_000;
/** Twice the default of `index.gc_deletes`. */
const FORGET_DELETIONS_MAX_MS = 120_000;
const FAILURES_NAMED_MAX = 100;

export interface ReindexOptions {
  /** Needs the right to read payments, and no other. */
  payments: Client;
  documents: PaymentDocuments;
  /** Called before the first write, to tell the auditor which documents may be out of order. */
  recordCutOff: (before: Date) => Promise<void>;
  onProgress: (soFar: Reindexed) => void;
  /** Called while the job waits until Elasticsearch forgets the deletion of so many documents. */
  onDeletions?: (documents: number) => void;
  signal: AbortSignal;
  pageSize?: number;
  /** Waits before it writes a refused page again. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface Reindexed {
  /** The number of completed payments at the start. */
  total: number;
  written: number;
  /** Documents that the index already has, at this version or a newer one. */
  present: number;
  /** Payments without a document of their own. `failures` names the first hundred. */
  failed: number;
  failures: { paymentId: string; error: Error }[];
}

/**
 * Writes the document of every completed payment, with the same id and version as the search
 * service. The second write of a version changes nothing, so the job may run beside the service, be
 * interrupted, and be run again.
 *
 * It reads pages by payment id and holds one page at a time. A payment that completes meanwhile
 * reaches the search service as an event.
 *
 * Elasticsearch refuses documents that were deleted within `index.gc_deletes`. The job waits for up
 * to two minutes until it forgets their deletion. The next pages seldom wait: time has passed.
 *
 * @throws the reason of `signal`, or the error of a page after six tries.
 */
export async function reindex(options: ReindexOptions): Promise<Reindexed> {
  const { payments, signal, recordCutOff, onProgress, pageSize = PAGE } = options;
  const { total, before } = await readExtent(payments);
  const soFar: Reindexed = { total, written: 0, present: 0, failed: 0, failures: [] };
  await recordCutOff(before);
  let after = NIL_UUID;
  let page: PaymentCompleted[];
  do {
    signal.throwIfAborted();
    page = await readPage(payments, { after, before, pageSize });
    await writePage(options, page, soFar);
    onProgress(soFar);
    after = page.at(-1)?.paymentId ?? after;
  } while (page.length === pageSize);
  return soFar;
}

const NIL_UUID = '00000000-0000-0000-0000-000000000000';

/** How many payments to write, and the instant before which they completed. */
async function readExtent(payments: Client): Promise<{ total: number; before: Date }> {
  const { rows } = await payments.query<{ total: string; last: Date | null }>(
    `SELECT count(*) AS total, max(completed_at) AS last
       FROM payments.payments WHERE status = 'COMPLETED'`,
  );
  // Use the timestamps of the payments. By another clock the newest payment could be missed.
  const lastMs = rows[0]?.last?.getTime() ?? 0;
  return { total: Number(rows[0]?.total), before: new Date(lastMs + 1) };
}

interface PaymentRow {
  id: string;
  user_id: string;
  order_id: string;
  /** pg returns a bigint as text. Amounts are below 10^10, so a double holds them exactly. */
  amount_minor: string;
  currency: string;
  completed_at: Date;
  version: number;
}

async function readPage(
  payments: Client,
  { after, before, pageSize }: { after: string; before: Date; pageSize: number },
): Promise<PaymentCompleted[]> {
  const { rows } = await payments.query<PaymentRow>(
    `SELECT id, user_id, order_id, amount_minor, currency, completed_at, version
       FROM payments.payments
      WHERE status = 'COMPLETED' AND id > $1 AND completed_at < $2 ORDER BY id LIMIT $3`,
    [after, before, pageSize],
  );
  return rows.map((row) => ({
    paymentId: row.id,
    userId: row.user_id,
    orderId: row.order_id,
    amountMinor: Number(row.amount_minor),
    currency: row.currency,
    completedAt: row.completed_at.toISOString(),
    paymentVersion: row.version,
  }));
}

async function writePage(
  { documents, signal, onDeletions, wait = pause }: ReindexOptions,
  page: PaymentCompleted[],
  soFar: Reindexed,
): Promise<void> {
  let left = page;
  let tries = 0;
  let waitedMs = 0;
  for (let waitMs = FIRST_WAIT_MS; left.length > 0; waitMs = Math.min(2 * waitMs, WAIT_MAX_MS)) {
    const refused: { payment: PaymentCompleted; error: Error }[] = [];
    for (const { payment, outcome } of await write(documents, left)) {
      if (outcome === 'applied') soFar.written += 1;
      else if (outcome === 'duplicate') soFar.present += 1;
      else if (!isFinal(outcome)) refused.push({ payment, error: outcome });
      else {
        soFar.failed += 1;
        if (soFar.failures.length < FAILURES_NAMED_MAX)
          soFar.failures.push({ paymentId: payment.paymentId, error: outcome });
      }
    }
    const [first] = refused;
    if (!first) return;
    // Only time helps here, and the number of tries says nothing about it.
    const areDeletions = refused.every(({ error }) => error instanceof DeletedNotLongAgo);
    if (areDeletions) onDeletions?.(refused.length);
    else tries += 1;
    if (tries === TRIES_MAX || waitedMs >= FORGET_DELETIONS_MAX_MS) throw first.error;
    await wait(waitMs, signal);
    waitedMs += waitMs;
    left = refused.map(({ payment }) => payment);
  }
}

async function write(
  documents: PaymentDocuments,
  page: PaymentCompleted[],
): Promise<{ payment: PaymentCompleted; outcome: Applied | Error }[]> {
  const all = await documents.write(page.map(documentOf)).catch((error: Error) => error);
  return page.map((payment, index) => {
    const settled = all instanceof Error ? all : all[index];
    if (!settled) return { payment, outcome: new Error('a document without an outcome') };
    if (settled instanceof Error) return { payment, outcome: settled };
    return { payment, outcome: settled.status === 'fulfilled' ? settled.value : asError(settled) };
  });
}

const asError = ({ reason }: PromiseRejectedResult) => reason as Error;

const isFinal = (error: Error) =>
  error instanceof PermanentFailure || error instanceof IdempotencyCollision;

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal });
}
