import { readEffectsOfConsumer, readOpenClaims, type Connections } from '@effectively-once/audit';
import { ASK_PROVIDER_AFTER_MS, type ConsumerName } from '@effectively-once/contracts';
import type { RedriveForecast } from '../../control-room/wire/dead-letters.js';
import type { Claimable } from './actions.js';

/** Ids that a store is asked for at once. */
const CHUNK = 1_000;
/** The mail provider is asked for one receipt at a time, so not for all of a large redrive. */
const ASK_PROVIDER_MAX = 500;

type Effects = Pick<
  RedriveForecast,
  'toSend' | 'absorbed' | 'unknown' | 'unknownBecause' | 'source'
>;

/** Whether each dead letter has its effect already, as the consumer itself would decide. */
export type ForecastEffects = (
  consumer: ConsumerName,
  letters: readonly Claimable[],
) => Promise<Effects>;

/**
 * Asks the store by which the consumer recognises an effect, and not the audit: what the store has,
 * the consumer absorbs. What cannot be known is counted as unknown, with the reason:
 *
 *   no payment id, or the store does not answer ──────────► unknown
 *   IdempotencyCollision, and the store has the payment ──► unknown: which content is right?
 *   email, an earlier delivery has not ended ─────────────► unknown: perhaps mailed
 *   the store has the effect ─────────────────────────────► absorbed
 *   otherwise ────────────────────────────────────────────► to send
 */
export function forecastEffects(connections: Connections, now: () => number): ForecastEffects {
  return async (consumer, letters) => {
    const ids = [...new Set(letters.flatMap(({ paymentId }) => paymentId ?? []))];
    const known = await readKnown(connections, { consumer, ids, nowMs: now() });
    const because = new Map<string, number>();
    const count = { toSend: 0, absorbed: 0, unknown: 0 };
    for (const letter of letters) {
      const why = whyUnknown(letter, known);
      if (why !== undefined) because.set(why, (because.get(why) ?? 0) + 1);
      if (why !== undefined) count.unknown += 1;
      else if (known?.done.has(letter.paymentId ?? '')) count.absorbed += 1;
      else count.toSend += 1;
    }
    const unknownBecause = [...because].map(([why, letters]) => `${letters}: ${why}`);
    return { ...count, unknownBecause, source: SOURCES[consumer] };
  };
}

function whyUnknown(
  { paymentId, errorName }: Claimable,
  known: Known | undefined,
): string | undefined {
  if (paymentId === null) return 'the record names no payment';
  if (!known) return 'the store does not answer';
  if (known.open.has(paymentId)) return 'an earlier delivery has not ended, and may have mailed';
  if (known.notAsked.has(paymentId)) return 'too many to ask the mail provider for each';
  const collides = errorName === 'IdempotencyCollision' && known.done.has(paymentId);
  return collides ? 'the store holds this payment, perhaps with other content' : undefined;
}

interface Known {
  done: ReadonlySet<string>;
  /** Only of email. */
  open: ReadonlySet<string>;
  notAsked: ReadonlySet<string>;
}

async function readKnown(
  connections: Connections,
  { consumer, ids, nowMs }: { consumer: ConsumerName; ids: string[]; nowMs: number },
): Promise<Known | undefined> {
  const [done, open, notAsked] = [new Set<string>(), new Set<string>(), new Set<string>()];
  let askedOfProvider = 0;
  const isExpected = (id: string) => {
    if (nowMs - createdAtMs(id) < ASK_PROVIDER_AFTER_MS) return false;
    askedOfProvider += 1;
    if (askedOfProvider > ASK_PROVIDER_MAX) notAsked.add(id);
    return askedOfProvider <= ASK_PROVIDER_MAX;
  };
  try {
    for (let at = 0; at < ids.length; at += CHUNK) {
      const some = ids.slice(at, at + CHUNK);
      const found = await readEffectsOfConsumer(connections, { consumer, ids: some, isExpected });
      found.forEach((id) => done.add(id));
      if (consumer !== 'email') continue;
      (await readOpenClaims(connections, some)).forEach((id) => open.add(id));
    }
  } catch {
    // It is shown as unknown. The overview says which server is down.
    return undefined;
  }
  return { done, open, notAsked };
}

/** A payment id is a UUID version 7, which begins with the time (RFC 9562). Another one is old. */
const createdAtMs = (id: string) =>
  id[14] === '7' ? Number.parseInt(id.replace('-', '').slice(0, 12), 16) : 0;

const SOURCES: Record<ConsumerName, string> = {
  email:
    "email's deduplication markers in Redis, and the mail provider for payments older than 6 days",
  loyalty: 'loyalty.points_entries',
  search: 'the documents in Elasticsearch',
};
