import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import {
  firstPositions,
  judgedPayments,
  topicKnownSinceMs,
  type Evidence,
  type Payment,
  type Position,
} from '../evidence/evidence.js';
import type { Judgement } from '../report.js';

const EFFECTS = {
  email: 'was mailed its receipt',
  loyalty: 'was awarded its points',
  search: 'was indexed',
} satisfies Record<ConsumerName, string>;

/** A payment as its user's order is judged by. */
export interface OrderedEvent extends Position {
  id: string;
  userId: string;
  /** When each consumer's effect first happened; absent where there is none, or its order is excused. */
  effects: Partial<Record<ConsumerName, number>>;
}

/**
 * I9: each user's effects first happened in the order their payments were committed. Judged over all
 * events of some users, in any order.
 *
 * That order is the topic's: the connector reads commits in order, one user is one partition, and a block
 * published again after a crash lies further on, so the first record of each event counts. Of the effects
 * the first counts too, because a second mail may come any time later.
 */
export function effectsHappenInOrder(events: OrderedEvent[]): Judgement {
  const judgement: Judgement = { checked: 0, violated: [], late: [] };
  const inOrder = [...events].sort(byPosition);
  for (const consumer of CONSUMERS) judgeOrder(consumer, inOrder, judgement);
  return judgement;
}

function judgeOrder(consumer: ConsumerName, events: OrderedEvent[], judgement: Judgement): void {
  const latest = new Map<string, { at: number; by: OrderedEvent }>();
  for (const event of events) {
    const at = event.effects[consumer];
    if (at === undefined) continue;
    judgement.checked++;
    // Offsets of two partitions say nothing of each other.
    const lane = `${event.partition}/${event.userId}`;
    const before = latest.get(lane);
    if (before === undefined || at >= before.at) {
      latest.set(lane, { at, by: event });
    } else {
      const earlier = `${describe(before.by)}, committed before it (${describe(event)})`;
      judgement.violated.push({ id: event.id, why: `${EFFECTS[consumer]} before ${earlier}` });
    }
  }
}

/**
 * The judged payments of one bucket as their order is judged by.
 *
 * Left out: an effect of a payment with a dead letter of that consumer (others may pass it); a document
 * that a reindex may have written; and an event so old that its first record may have left the topic.
 * Rows that a snapshot published first were committed in an order nobody knows any more: they are held to
 * the topic's.
 */
export function* orderedEvents(evidence: Evidence): Generator<OrderedEvent> {
  const sinceMs = topicKnownSinceMs(evidence);
  const positions = firstPositions(evidence);
  for (const [id, payment] of judgedPayments(evidence)) {
    const position = positions.get(id);
    if (!position || payment.completedAtMs < sinceMs) continue;
    const { userId } = payment;
    yield { id, userId, ...position, effects: judgedEffects(id, payment, evidence) };
  }
}

function judgedEffects(id: string, payment: Payment, evidence: Evidence): OrderedEvent['effects'] {
  const effects: OrderedEvent['effects'] = {};
  for (const consumer of CONSUMERS) {
    const at = evidence.firstEffects[consumer].get(id);
    if (at === undefined || evidence.deliveries[consumer].deadLetters.has(id)) continue;
    if (consumer === 'search' && isReindexed(payment, evidence)) continue;
    effects[consumer] = at;
  }
  return effects;
}

const isReindexed = ({ completedAtMs }: Payment, { reindexedBeforeMs }: Evidence) =>
  reindexedBeforeMs !== undefined && completedAtMs < reindexedBeforeMs;

const byPosition = (one: Position, other: Position) =>
  one.partition - other.partition || (one.offset < other.offset ? -1 : 1);

const describe = ({ id, offset }: OrderedEvent) => `${id} at offset ${offset}`;
