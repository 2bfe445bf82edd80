import { RETENTION } from '@effectively-once/contracts';
import type { FactOf } from '../evidence/facts.js';
import type { Connections } from './connections.js';

// Stated again: the audit shares no code with the apps that it audits.
const STREAM = 'email:maybe-duplicate';
const ENTRIES_MAX = 100_000;
export const receiptKey = (paymentId: string) => `email:receipt:${paymentId}`;

/** Email's marker: a claim (`P:`) while it mails, then `D:`. Its token is not read out. */
export interface ReceiptMarker {
  state: 'claimed' | 'done';
  /** When it was written, by Redis' clock: its time to live is 7 days from then. */
  writtenAtMs: number | null;
  leaseUntilMs: number | null;
  attempt: number | null;
  messageId: string | null;
}

export async function readReceiptMarker(
  { redis }: Connections,
  paymentId: string,
): Promise<ReceiptMarker | undefined> {
  const key = receiptKey(paymentId);
  const replies = await redis.multi().get(key).pttl(key).time().exec();
  const [value, ttlMs, time] = (replies ?? []).map(([error, reply]) => {
    if (error) throw error;
    return reply;
  }) as [string | null, number, [string, string]];
  if (value === null) return undefined;
  const nowMs = Number(time[0]) * 1_000 + Math.floor(Number(time[1]) / 1_000);
  const writtenAtMs = ttlMs > 0 ? nowMs + ttlMs - RETENTION.dedupWindowMs : null;
  if (value.startsWith('D:')) {
    const messageId = /^D:(<[^>]*>)/.exec(value)?.[1] ?? null;
    return { state: 'done', writtenAtMs, leaseUntilMs: null, attempt: null, messageId };
  }
  const [, lease, attempt] = /^P:[^:]*:(\d+):(\d+)$/.exec(value) ?? [];
  return {
    state: 'claimed',
    writtenAtMs,
    // 0: the lease was ended early, because the outcome of the mail is unknown.
    leaseUntilMs: lease && lease !== '0' ? Number(lease) : null,
    attempt: attempt ? Number(attempt) : null,
    messageId: null,
  };
}

export interface MaybeDuplicate {
  messageId: string | null;
  atMs: number;
}

/**
 * The sends of one payment that email declared as possible duplicates. Read after its receipts,
 * because email declares before it sends. An id of the stream begins with Redis' time in ms.
 */
export async function readMaybeDuplicatesOf(
  { redis }: Connections,
  paymentId: string,
  sinceMs: number,
): Promise<MaybeDuplicate[]> {
  const entries = await redis.xrange(STREAM, Math.max(sinceMs, 0), '+', 'COUNT', ENTRIES_MAX);
  return entries.flatMap(([id, fields]) => {
    if (fieldOf(fields, 'paymentId') !== paymentId) return [];
    return [{ messageId: fieldOf(fields, 'messageId') ?? null, atMs: Number(id.split('-')[0]) }];
  });
}

function fieldOf(fields: string[], name: string): string | undefined {
  const at = fields.indexOf(name);
  return at < 0 ? undefined : fields[at + 1];
}

/** A receipt in the mail provider's journal. */
export interface AcceptedReceipt {
  messageId: string | null;
  atMs: number;
}

/** `at` orders the receipts of one payment only, as the invariants need no more. */
export const receiptFacts = (paymentId: string, receipts: AcceptedReceipt[]): FactOf<'receipt'>[] =>
  receipts.map((_, at) => ({ kind: 'receipt', paymentId, at }));
