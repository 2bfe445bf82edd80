import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import {
  judgedBeforeMs,
  topicKeptSinceMs,
  type Evidence,
  type Payment,
  type PublishedRecord,
} from '../evidence.js';
import type { Judgement } from '../report.js';

const EFFECTS = {
  email: 'was mailed its receipt',
  loyalty: 'was awarded its points',
  search: 'was indexed',
} satisfies Record<ConsumerName, string>;

interface Event {
  id: string;
  payment: Payment;
  record: PublishedRecord;
}

/**
 * I9: each user's effects first happened in the order their payments were committed.
 *
 * That order is the topic's: the connector reads commits in order, one user is one partition, and a block
 * published again after a crash lies further on, so the first record of each event counts. Of the effects
 * the first counts too, because a second mail may come any time later.
 *
 * Not judged: a payment with a dead letter of that consumer (others may pass it); a document that a
 * reindex may have written; and an event so old that its first record may have left the topic. Rows that
 * a snapshot published first were committed in an order nobody knows any more: they are held to the
 * topic's.
 */
export function effectsHappenInOrder(evidence: Evidence): Judgement {
  const judgement: Judgement = { checked: 0, violated: [], late: [] };
  const events = [...firstRecords(evidence)];
  for (const consumer of CONSUMERS) judgeOrder(consumer, events, evidence, judgement);
  return judgement;
}

function judgeOrder(
  consumer: ConsumerName,
  events: Event[],
  evidence: Evidence,
  judgement: Judgement,
): void {
  const { deadLetters } = evidence.deliveries[consumer];
  const latest = new Map<string, { at: number; by: Event }>();
  for (const event of events) {
    const at = evidence.firstEffects[consumer].get(event.id);
    if (at === undefined || deadLetters.has(event.id)) continue;
    if (consumer === 'search' && isReindexed(event.payment, evidence)) continue;
    judgement.checked++;
    // Offsets of two partitions say nothing of each other.
    const lane = `${event.record.partition}/${event.payment.userId}`;
    const before = latest.get(lane);
    if (before === undefined || at >= before.at) {
      latest.set(lane, { at, by: event });
    } else {
      const earlier = `${describe(before.by)}, committed before it (${describe(event)})`;
      judgement.violated.push({ id: event.id, why: `${EFFECTS[consumer]} before ${earlier}` });
    }
  }
}

/** The judged payments' events as they first appear in each partition, in its order. */
function* firstRecords(evidence: Evidence): Generator<Event> {
  const sinceMs = topicKeptSinceMs(evidence);
  const beforeMs = judgedBeforeMs(evidence);
  const seen = new Set<string>();
  for (const record of evidence.published) {
    const { paymentId: id } = record;
    const payment = id === undefined ? undefined : evidence.payments.get(id);
    if (id === undefined || payment?.status !== 'COMPLETED' || seen.has(id)) continue;
    seen.add(id);
    const { completedAtMs } = payment;
    if (completedAtMs >= sinceMs && completedAtMs < beforeMs) yield { id, payment, record };
  }
}

const isReindexed = ({ completedAtMs }: Payment, { reindexedBeforeMs }: Evidence) =>
  reindexedBeforeMs !== undefined && completedAtMs < reindexedBeforeMs;

const describe = ({ id, record }: Event) => `${id} at offset ${record.offset}`;
