import { z } from 'zod';
import type { Take } from '../facts.js';

const TIMEOUT_MS = 10_000;
const PAGE_SIZE = 2_000;

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
export async function readCharges(thirdPartiesUrl: string, take: Take<'charge'>): Promise<void> {
  for await (const { paymentId, at, ...entry } of journal(thirdPartiesUrl, 'charges', charge)) {
    const atMs = Date.parse(at);
    await take({ kind: 'charge', ...entry, paymentId: paymentId ?? undefined, atMs });
  }
}

/** The mails about payments that the provider accepted; `at` is their line of its journal. */
export async function readReceipts(thirdPartiesUrl: string, take: Take<'receipt'>): Promise<void> {
  let line = 0;
  for await (const { paymentId } of journal(thirdPartiesUrl, 'mails', mail)) {
    line++;
    if (paymentId) await take({ kind: 'receipt', paymentId, at: line });
  }
}

async function* journal<Entry>(
  thirdPartiesUrl: string,
  name: 'charges' | 'mails',
  entry: z.ZodType<Entry>,
): AsyncGenerator<Entry> {
  const page = z.object({ entries: z.array(entry), nextAfter: z.int() });
  for (let after = 0; ;) {
    const url = new URL(`/_journal/${name}?after=${after}&limit=${PAGE_SIZE}`, thirdPartiesUrl);
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    const { entries, nextAfter } = page.parse(await response.json());
    yield* entries;
    if (entries.length < PAGE_SIZE) return;
    after = nextAfter;
  }
}
