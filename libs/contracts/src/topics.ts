/**
 * All topics of the system. They are created before the apps start: the broker creates none itself.
 */

export const PAYMENT_COMPLETED = 'payment.completed';

export const CONSUMERS = ['email', 'loyalty', 'search'] as const;
/** A consumer's name is also its group id. */
export type ConsumerName = (typeof CONSUMERS)[number];

export const deadLetterTopic = (consumer: ConsumerName) => `${PAYMENT_COMPLETED}.${consumer}.dlq`;
export const redriveTopic = (consumer: ConsumerName) => `${PAYMENT_COMPLETED}.${consumer}.redrive`;

// Without the heartbeat topic, Connect's producer blocks, and with it every event, while the
// connector still reports RUNNING. Its name is <topic.heartbeat.prefix>.<topic.prefix> of the
// connector's configuration.
const HEARTBEAT_TOPIC = 'heartbeat.payments';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Never add partitions in place: a user's key would move, and the user's records lose their order.
 */
export const PARTITIONS = 6;

/**
 * How long one event can be redelivered. The times add up: the connector may publish an outbox row
 * again for as long as it is kept, and the record then gets a new Kafka timestamp. (While no
 * connector reads the outbox, unpublished rows are kept longer than this. Email asks the mail
 * provider about any event older than six days.)
 */
export const RETENTION = {
  outboxMs: 2 * DAY_MS,
  topicMs: 3 * DAY_MS,
  topicSegmentMs: HOUR_MS,
  marginMs: DAY_MS,
  dedupWindowMs: 7 * DAY_MS,
} as const;

/**
 * Refuses retentions under which an event could be redelivered after its deduplication marker has
 * expired.
 * @throws Error with the arithmetic.
 */
export function assertDedupWindowCovers(retention: Record<keyof typeof RETENTION, number>): void {
  const { outboxMs, topicMs, topicSegmentMs, marginMs, dedupWindowMs } = retention;
  const redeliveredWithinMs = outboxMs + topicMs + topicSegmentMs + marginMs;
  if (redeliveredWithinMs < dedupWindowMs) return;
  const hours = (ms: number) => `${ms / HOUR_MS} h`;
  throw new Error(
    `an event can be redelivered for ${hours(redeliveredWithinMs)} (outbox ${hours(outboxMs)} + topic ` +
      `${hours(topicMs)} + segment ${hours(topicSegmentMs)} + margin ${hours(marginMs)}), ` +
      `but its deduplication marker lives for only ${hours(dedupWindowMs)}`,
  );
}

/**
 * The deduplication marker of an older event may have expired. Email then asks the mail provider
 * before it mails, and so does the console before it says what a redrive will do.
 */
export const ASK_PROVIDER_AFTER_MS = 6 * DAY_MS;

/** Beyond the worst observed age, because the next incident can be worse. */
const OBSERVED_MARGIN = 1.25;

/**
 * How long a deduplication marker must live by what was observed: the oldest redelivery and a
 * quarter more, in the unit of the ages. 0 without ages. The alert DedupWindowTooShort compares it
 * with the configured window.
 */
export const dedupWindowNeeded = (redeliveryAges: readonly number[]): number =>
  Math.max(0, ...redeliveryAges) * OBSERVED_MARGIN;

/**
 * The largest record batch that a topic takes (`max.message.bytes`). A dead letter has more headers
 * than its record, so its topic takes more. The configuration of the broker names the same sizes
 * (infra/kafka, docker-compose.yml), and every reader fetches the largest.
 */
export const BATCH_BYTES_MAX = {
  /** Kafka's default, also of the broker (`message.max.bytes`). */
  event: 1_048_588,
  redrive: 2_097_152,
  deadLetter: 2_097_152 + 65_536,
} as const;

/**
 * Refuses sizes under which a dead letter or its redrive does not fit into its topic.
 * @throws Error with the sizes.
 */
export function assertDeadLettersFit(size: Record<keyof typeof BATCH_BYTES_MAX, number>): void {
  if (size.event < size.redrive && size.redrive < size.deadLetter) return;
  throw new Error(
    `a dead letter is larger than its record, but the main topic takes ${size.event} bytes, ` +
      `the redrive topic ${size.redrive} and the dead letter topic ${size.deadLetter}`,
  );
}

export interface TopicDefinition {
  name: string;
  partitions: number;
  /** Kafka's own names and units. */
  config: Record<string, string>;
}

/**
 * The broker stores no compressed batch: it unpacks each one, and applies the size limit to the
 * result. Our client reads only gzip, so one batch of another codec would stop its partition. And a
 * batch of 1 MB may unpack to gigabytes.
 */
const UNPACKED = { 'compression.type': 'uncompressed' };

const eventTopic = (name: string, batchBytesMax: number): TopicDefinition => ({
  name,
  partitions: PARTITIONS,
  config: {
    ...UNPACKED,
    'max.message.bytes': String(batchBytesMax),
    'retention.ms': String(RETENTION.topicMs),
    'segment.ms': String(RETENTION.topicSegmentMs),
  },
});

export const TOPICS: readonly TopicDefinition[] = [
  eventTopic(PAYMENT_COMPLETED, BATCH_BYTES_MAX.event),
  ...CONSUMERS.map((consumer) => eventTopic(redriveTopic(consumer), BATCH_BYTES_MAX.redrive)),
  ...CONSUMERS.map((consumer) => ({
    name: deadLetterTopic(consumer),
    partitions: PARTITIONS,
    config: {
      ...UNPACKED,
      'max.message.bytes': String(BATCH_BYTES_MAX.deadLetter),
      'retention.ms': String(30 * DAY_MS),
    },
  })),
  {
    name: HEARTBEAT_TOPIC,
    partitions: 1,
    config: { ...UNPACKED, 'retention.ms': String(HOUR_MS) },
  },
];
