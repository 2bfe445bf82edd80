import { z } from 'zod';
import type { Charge, Evidence } from '../evidence.js';
import { reading } from '../unreadable-store.js';

const TIMEOUT_MS = 20_000;

const charge = z.object({
  id: z.string(),
  paymentId: z.string().nullish(),
  amountMinor: z.int(),
  currency: z.string(),
  status: z.enum(['captured', 'declined', 'refunded']),
  at: z.iso.datetime({ offset: true }),
});

const mail = z.object({ paymentId: z.string().nullish() });

/** What the PSP did, oldest first. */
export async function readCharges(thirdPartiesUrl: string): Promise<Charge[]> {
  return await reading("the PSP's journal", async () => {
    const entries = await journal(thirdPartiesUrl, 'charges', charge);
    return entries.map(({ paymentId, at, ...entry }) => ({
      ...entry,
      paymentId: paymentId ?? undefined,
      atMs: Date.parse(at),
    }));
  });
}

/** Payment id → how many mails about it the provider accepted. */
export async function readReceipts(thirdPartiesUrl: string): Promise<Evidence['receipts']> {
  return await reading("the mail provider's journal", async () => {
    const receipts: Evidence['receipts'] = new Map();
    for (const { paymentId } of await journal(thirdPartiesUrl, 'mails', mail)) {
      if (paymentId) receipts.set(paymentId, (receipts.get(paymentId) ?? 0) + 1);
    }
    return receipts;
  });
}

async function journal<Entry>(
  thirdPartiesUrl: string,
  name: 'charges' | 'mails',
  entry: z.ZodType<Entry>,
): Promise<Entry[]> {
  const response = await fetch(new URL(`/_journal/${name}`, thirdPartiesUrl), {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`it answered ${response.status}`);
  return z.object({ entries: z.array(entry) }).parse(await response.json()).entries;
}
