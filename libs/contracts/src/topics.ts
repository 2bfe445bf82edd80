/** Every topic of the system, by name. Created before anything runs: the broker makes none by itself. */

export const PAYMENT_COMPLETED = 'payment.completed';

export const CONSUMERS = ['email', 'loyalty', 'search'] as const;
/** A consumer's name is also its group id. */
export type ConsumerName = (typeof CONSUMERS)[number];

export const deadLetterTopic = (consumer: ConsumerName) => `${PAYMENT_COMPLETED}.${consumer}.dlq`;
export const redriveTopic = (consumer: ConsumerName) => `${PAYMENT_COMPLETED}.${consumer}.redrive`;

// A missing heartbeat topic blocks Connect's producer, and with it every event, while the connector
// still says RUNNING. Named <topic.heartbeat.prefix>.<topic.prefix> of the connector's configuration.
export const HEARTBEAT_TOPIC = 'heartbeat.payments';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A user's records are ordered only while this stays as it is: never add partitions in place. */
export const PARTITIONS = 6;

/**
 * How long one event can come back. These add up: an outbox row may be published again for as long as
 * it is kept, and gets a new Kafka timestamp then. (Longer than this while no connector reads it: rows that
 * nobody has published are not dropped. Email asks the provider about any event older than six days.)
 */
export const RETENTION = {
  outboxMs: 2 * DAY_MS,
  topicMs: 3 * DAY_MS,
  topicSegmentMs: HOUR_MS,
  marginMs: DAY_MS,
  dedupWindowMs: 7 * DAY_MS,
} as const;

/**
 * Refuses a set of retentions under which an event could outlive the mark that absorbs its second coming.
 * @throws Error with the arithmetic.
 */
export function assertDedupWindowCovers(retention: Record<keyof typeof RETENTION, number>): void {
  const { outboxMs, topicMs, topicSegmentMs, marginMs, dedupWindowMs } = retention;
  const redeliveredWithinMs = outboxMs + topicMs + topicSegmentMs + marginMs;
  if (redeliveredWithinMs < dedupWindowMs) return;
  const hours = (ms: number) => `${ms / HOUR_MS} h`;
  throw new Error(
    `an event can come back for ${hours(redeliveredWithinMs)} (outbox ${hours(outboxMs)} + topic ` +
      `${hours(topicMs)} + segment ${hours(topicSegmentMs)} + margin ${hours(marginMs)}), ` +
      `but is remembered for only ${hours(dedupWindowMs)}`,
  );
}

export interface TopicDefinition {
  name: string;
  partitions: number;
  /** Kafka's own names and units. */
  config: Record<string, string>;
}

const eventTopic = (name: string): TopicDefinition => ({
  name,
  partitions: PARTITIONS,
  config: {
    'retention.ms': String(RETENTION.topicMs),
    'segment.ms': String(RETENTION.topicSegmentMs),
  },
});

export const TOPICS: readonly TopicDefinition[] = [
  eventTopic(PAYMENT_COMPLETED),
  ...CONSUMERS.map((consumer) => eventTopic(redriveTopic(consumer))),
  ...CONSUMERS.map((consumer) => ({
    name: deadLetterTopic(consumer),
    partitions: PARTITIONS,
    config: { 'retention.ms': String(30 * DAY_MS) },
  })),
  { name: HEARTBEAT_TOPIC, partitions: 1, config: { 'retention.ms': String(HOUR_MS) } },
];
