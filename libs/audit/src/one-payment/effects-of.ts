import { errors } from '@elastic/elasticsearch';
import type { ConsumerName } from '@effectively-once/contracts';
import { readMailsOf } from '../stores/journals.js';
import type { Connections } from './connections.js';
import { receiptKey } from './email-facts.js';
import { ALIAS } from '../stores/documents.js';

/** Which payments have their effect. undefined: the store does not answer, so it is not known. */
export type EffectsOf = Record<ConsumerName, ReadonlySet<string> | undefined>;

// Only receipts without a deduplication marker are asked for in the journal, one request each.
const JOURNAL_REQUESTS_AT_ONCE = 8;

/**
 * Which effects of these payments have happened, by one look-up in each store. At most a few
 * hundred ids. It does not judge: it does not see a second effect, or a wrong one.
 *
 * @param isExpected whether the mail provider's journal is asked for a receipt that has no marker.
 */
export async function readEffectsOf(
  connections: Connections,
  ids: readonly string[],
  isExpected: (id: string) => boolean,
): Promise<EffectsOf> {
  if (ids.length === 0) return { email: new Set(), loyalty: new Set(), search: new Set() };
  const of = (consumer: ConsumerName) =>
    orUnknown(readEffectsOfConsumer(connections, { consumer, ids, isExpected }));
  const [email, loyalty, search] = await Promise.all([of('email'), of('loyalty'), of('search')]);
  return { email, loyalty, search };
}

/**
 * The same of one consumer alone.
 * @throws Error if its store does not answer.
 */
export async function readEffectsOfConsumer(
  connections: Connections,
  asked: {
    consumer: ConsumerName;
    ids: readonly string[];
    isExpected: (id: string) => boolean;
  },
): Promise<ReadonlySet<string>> {
  const { consumer, ids, isExpected } = asked;
  if (ids.length === 0) return new Set();
  switch (consumer) {
    case 'email':
      return await readMailed(connections, ids, isExpected);
    case 'loyalty':
      return await readAwarded(connections, ids);
    case 'search':
      return await readIndexed(connections, ids);
    default:
      return consumer satisfies never;
  }
}

async function orUnknown(
  reading: Promise<ReadonlySet<string>>,
): Promise<ReadonlySet<string> | undefined> {
  try {
    return await reading;
  } catch {
    // The state of this effect is unknown. The overview says which server is down.
    return undefined;
  }
}

async function readAwarded({ loyalty }: Connections, ids: readonly string[]) {
  const { rows } = await loyalty.query<{ payment_id: string }>(
    'SELECT payment_id FROM loyalty.points_entries WHERE payment_id = ANY($1::uuid[])',
    [ids],
  );
  return new Set(rows.map(({ payment_id }) => payment_id));
}

async function readIndexed({ elasticsearch }: Connections, ids: readonly string[]) {
  try {
    const { docs } = await elasticsearch.mget({ index: ALIAS, ids: [...ids], _source: false });
    return new Set(docs.flatMap((doc) => ('found' in doc && doc.found ? [doc._id] : [])));
  } catch (error) {
    const isMissing = error instanceof errors.ResponseError && error.statusCode === 404;
    if (isMissing) return new Set<string>();
    throw error;
  }
}

// The marker says that email has mailed. Without one, only the mail provider's journal knows: the
// marker expires after 7 days, and email may be between the mail and its marker.
async function readMailed(
  { redis, sources }: Connections,
  ids: readonly string[],
  isExpected: (id: string) => boolean,
) {
  const markers = await redis.mget(ids.map(receiptKey));
  const mailed = new Set(ids.filter((_, at) => markers[at]?.startsWith('D:')));
  const asked = ids.filter((id) => !mailed.has(id) && isExpected(id));
  for (let at = 0; at < asked.length; at += JOURNAL_REQUESTS_AT_ONCE) {
    const some = asked.slice(at, at + JOURNAL_REQUESTS_AT_ONCE);
    const mails = await Promise.all(some.map((id) => readMailsOf(sources.thirdPartiesUrl, id)));
    some.forEach((id, index) => mails[index]!.length > 0 && mailed.add(id));
  }
  return mailed;
}

/**
 * Receipts that email has claimed and not marked as done: it mails them now, or an earlier delivery
 * has ended without an answer of the mail provider.
 * @throws Error if Redis does not answer.
 */
export async function readOpenClaims(
  { redis }: Connections,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const markers = await redis.mget(ids.map(receiptKey));
  return new Set(ids.filter((_, at) => markers[at]?.startsWith('P:')));
}
