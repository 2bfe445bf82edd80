import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import {
  firstPositions,
  judgedPayments,
  topicKnownSinceMs,
  type Evidence,
  type PaymentRow,
  type Position,
} from '../evidence/evidence.js';
import type { Judgement } from '../report.js';

const EFFECTS = {
  email: 'was mailed its receipt',
  loyalty: 'was awarded its points',
  search: 'was indexed',
} satisfies Record<ConsumerName, string>;

/** What I9 compares of one payment. */
export interface OrderedEvent extends Position {
  id: string;
  userId: string;
  /**
   * When each consumer's effect first happened; absent without an effect, or if its order is
   * excused.
   */
  effects: Partial<Record<ConsumerName, number>>;
}

/**
 * I9: the effects of each user first happened in the order in which the user's payments were
 * committed.
 *
 * A finding means that a consumer let one payment of a user pass another. It is `other`: each
 * effect happened, and happened once. The topic has the order
 * of the commits: the connector reads commits in order, and one user is one partition. Only the
 * first record of an event counts, because the connector may publish it again after a crash, at a
 * higher offset. Only the first effect counts, because a second mail may arrive at any later time.
 *
 * @param events all events of some users, in any order.
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
    // Offsets of two partitions cannot be compared.
    const lane = `${event.partition}/${event.userId}`;
    const before = latest.get(lane);
    if (before === undefined || at >= before.at) {
      latest.set(lane, { at, by: event });
    } else {
      const earlier = `${describe(before.by)}, committed before it (${describe(event)})`;
      const why = `${EFFECTS[consumer]} before ${earlier}`;
      judgement.violated.push({ id: event.id, kind: 'other', why });
    }
  }
}

/**
 * The payments of one bucket that I9 judges.
 *
 * It leaves out an effect of a payment with a dead letter of that consumer (other payments may pass
 * it), a document that a reindex may have written, and an event whose first record may have left
 * the topic. If the connector published rows from its initial snapshot, their commit order is lost.
 * I9 then judges them by the order of the topic.
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

function judgedEffects(
  id: string,
  payment: PaymentRow,
  evidence: Evidence,
): OrderedEvent['effects'] {
  const effects: OrderedEvent['effects'] = {};
  for (const consumer of CONSUMERS) {
    const at = evidence.firstEffects[consumer].get(id);
    if (at === undefined || evidence.progress[consumer].deadLetters.has(id)) continue;
    if (consumer === 'search' && isReindexed(payment, evidence)) continue;
    effects[consumer] = at;
  }
  return effects;
}

const isReindexed = ({ completedAtMs }: PaymentRow, { reindexedBeforeMs }: Evidence) =>
  reindexedBeforeMs !== undefined && completedAtMs < reindexedBeforeMs;

const byPosition = (one: Position, other: Position) =>
  one.partition - other.partition || (one.offset < other.offset ? -1 : 1);

const describe = ({ id, offset }: OrderedEvent) => `${id} at offset ${offset}`;
