import { fromPspUnits } from '@effectively-once/contracts';
import { z } from 'zod';
import type { FactOf, Take } from '../evidence/facts.js';

const TIMEOUT_MS = 10_000;
const PAGE_SIZE = 2_000;

const charge = z.object({
  id: z.string(),
  paymentId: z.string().nullish(),
  amountMinor: z.int(),
  currency: z.string(),
  status: z.enum(['captured', 'declined', 'refunded', 'refund_pending', 'refund_failed']),
  refundId: z.string().optional(),
  at: z.iso.datetime({ offset: true }),
});

const mail = z.object({
  messageId: z.string().nullish(),
  paymentId: z.string().nullish(),
  at: z.iso.datetime({ offset: true }),
});

type Name = 'charges' | 'mails';

/** The PSP's charges, declines and refunds since then, oldest first. */
export async function readCharges(
  thirdPartiesUrl: string,
  take: Take<'charge'>,
  sinceMs?: number,
): Promise<void> {
  const from = await firstLine(thirdPartiesUrl, 'charges', sinceMs);
  for await (const entry of journal(thirdPartiesUrl, 'charges', charge, from)) {
    await take(toCharge(entry));
  }
}

/** All charges, declines and refunds of these payments. */
export async function readChargesOf(
  thirdPartiesUrl: string,
  paymentIds: string[],
  take: Take<'charge'>,
): Promise<void> {
  for (const paymentId of paymentIds) {
    for await (const entry of journal(thirdPartiesUrl, 'charges', charge, 0, paymentId)) {
      await take(toCharge(entry));
    }
  }
}

/** The PSP writes amounts in its own units. Everything after this reader has minor units. */
const toCharge = ({ paymentId, at, ...entry }: z.infer<typeof charge>): FactOf<'charge'> => ({
  kind: 'charge',
  ...entry,
  amountMinor: fromPspUnits(entry.amountMinor, entry.currency.toUpperCase()),
  paymentId: paymentId ?? undefined,
  atMs: Date.parse(at),
});

/** Receipts that the mail provider accepted since then. `at` is the line number in its journal. */
export async function readReceipts(
  thirdPartiesUrl: string,
  take: Take<'receipt'>,
  sinceMs?: number,
): Promise<void> {
  let line = await firstLine(thirdPartiesUrl, 'mails', sinceMs);
  for await (const { paymentId } of journal(thirdPartiesUrl, 'mails', mail, line)) {
    line++;
    if (paymentId) await take({ kind: 'receipt', paymentId, at: line });
  }
}

/** All mails about this payment, oldest first. The address is not read. */
export async function readMailsOf(
  thirdPartiesUrl: string,
  paymentId: string,
): Promise<{ messageId: string | null; atMs: number }[]> {
  const mails = [];
  for await (const { messageId = null, at } of journal(
    thirdPartiesUrl,
    'mails',
    mail,
    0,
    paymentId,
  )) {
    mails.push({ messageId, atMs: Date.parse(at) });
  }
  return mails;
}

/** All receipts of these payments. `at` is always 0: their order is not known. */
export async function readReceiptsOf(
  thirdPartiesUrl: string,
  paymentIds: string[],
  take: Take<'receipt'>,
): Promise<void> {
  for (const paymentId of paymentIds) {
    for await (const _mail of journal(thirdPartiesUrl, 'mails', mail, 0, paymentId)) {
      await take({ kind: 'receipt', paymentId, at: 0 });
    }
  }
}

/**
 * The line to start from: no entry since then is before it. Binary search, because the journal is
 * in the order of time. Neighbours may be swapped by moments; the caller allows for that
 * (readSinceMs).
 */
async function firstLine(thirdPartiesUrl: string, name: Name, sinceMs?: number): Promise<number> {
  if (sinceMs === undefined) return 0;
  const isLater = async (line: number) => {
    const page = await onePage(thirdPartiesUrl, name, dated, { after: line, limit: 1 });
    const [entry] = page.entries;
    return entry === undefined || Date.parse(entry.at) >= sinceMs;
  };
  let [earlier, later] = [0, 1];
  while (!(await isLater(later))) [earlier, later] = [later, later * 2];
  while (later - earlier > 1) {
    const middle = Math.floor((earlier + later) / 2);
    if (await isLater(middle)) later = middle;
    else earlier = middle;
  }
  return earlier;
}

const dated = z.object({ at: z.iso.datetime({ offset: true }) });

async function* journal<Entry>(
  thirdPartiesUrl: string,
  name: Name,
  entry: z.ZodType<Entry>,
  from: number,
  paymentId?: string,
): AsyncGenerator<Entry> {
  for (let after = from; ;) {
    const asked = { after, limit: PAGE_SIZE, ...(paymentId ? { paymentId } : {}) };
    const { entries, nextAfter } = await onePage(thirdPartiesUrl, name, entry, asked);
    yield* entries;
    if (entries.length < PAGE_SIZE) return;
    after = nextAfter;
  }
}

async function onePage<Entry>(
  thirdPartiesUrl: string,
  name: Name,
  entry: z.ZodType<Entry>,
  asked: Record<string, string | number>,
): Promise<{ entries: Entry[]; nextAfter: number }> {
  const url = new URL(`/_journal/${name}`, thirdPartiesUrl);
  for (const [key, value] of Object.entries(asked)) url.searchParams.set(key, String(value));
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`it answered ${response.status}`);
  const page = z.object({ entries: z.array(entry), nextAfter: z.int() });
  return page.parse(await response.json());
}
