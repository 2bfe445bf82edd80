import type { ConsumerName } from '@effectively-once/contracts';
import type { DataSource, EntityManager } from 'typeorm';
import { NOT_CUT, type ParsedDeadLetter } from './parsed-dead-letter.js';

/** Up to where the console has ingested a dead-letter partition. */
export interface IngestedPosition {
  /** The first offset that is not ingested. */
  next: bigint;
  /** Kafka's id of the topic; undefined if it is not known yet. */
  topicId: string | undefined;
  /** 1, and one more each time the partition was made anew. */
  incarnation: number;
}

/** The ingested dead letters, and the ingested position of each dead-letter partition. */
export class IngestedDeadLetters {
  constructor(private readonly database: DataSource) {}

  async positions(consumer: ConsumerName): Promise<Map<number, IngestedPosition>> {
    const rows: {
      partition: number;
      next: string;
      topicId: string | null;
      incarnation: number;
    }[] = await this.database.query(
      `SELECT partition, next_offset AS next, topic_id AS "topicId", incarnation
         FROM console.dead_letter_positions WHERE consumer = $1 ORDER BY partition`,
      [consumer],
    );
    return new Map(
      rows.map(({ partition, next, topicId, incarnation }) => [
        partition,
        { next: BigInt(next), topicId: topicId ?? undefined, incarnation },
      ]),
    );
  }

  /**
   * Writes rows and positions in one transaction: after a crash, both are stored or neither is. The
   * insert is idempotent, so two consoles may ingest the same records.
   * @param to.since the positions from which the records were read.
   * @throws Error if a partition was made anew since: these records are not those of its positions.
   */
  async add(
    consumer: ConsumerName,
    letters: ParsedDeadLetter[],
    to: {
      next: ReadonlyMap<number, bigint>;
      topicId: string | undefined;
      since: ReadonlyMap<number, IngestedPosition>;
    },
  ): Promise<void> {
    const { next, topicId, since } = to;
    const incarnationOf = (partition: number) => since.get(partition)?.incarnation ?? 1;
    const rows = letters.map((one) => ({ ...one, incarnation: incarnationOf(one.dlqPartition) }));
    await this.database.transaction(async (manager) => {
      // First, because it locks the positions against another console.
      const positions = [...next].map(([partition, offset]) => ({
        partition,
        nextOffset: String(offset),
        incarnation: incarnationOf(partition),
      }));
      await move(manager, consumer, { positions, topicId });
      await findAgain(manager, consumer, rows);
      await insert(manager, consumer, rows);
      // A record with the identity of another record but other content must not vanish as a copy.
      await insert(manager, consumer, (await impostors(manager, consumer, rows)).map(asItself));
    });
  }

  /** Stores the id of the topic for positions that were stored without one. */
  async learnTopicId(consumer: ConsumerName, topicId: string): Promise<void> {
    await this.database.query(
      `UPDATE console.dead_letter_positions SET topic_id = $2
        WHERE consumer = $1 AND topic_id IS NULL`,
      [consumer, topicId],
    );
  }

  /**
   * A partition was made anew: its next record has the offset `from`. The letters from there on
   * have lost their records.
   * @returns how many of them are pending; undefined if another console was first.
   */
  async beginAnew(
    consumer: ConsumerName,
    anew: {
      partition: number;
      from: bigint;
      topic: string;
      topicId: string | undefined;
      seen: number;
    },
  ): Promise<number | undefined> {
    const { partition, from, topic, topicId, seen } = anew;
    const [row]: { lost: number | null }[] = await this.database.query(
      'SELECT console.dead_letter_partition_made_anew($1, $2, $3, $4, $5, $6) AS lost',
      [consumer, partition, seen, topic, topicId ?? null, String(from)],
    );
    return row?.lost ?? undefined;
  }
}

interface Ingested extends ParsedDeadLetter {
  incarnation: number;
}

const INSERT = `
  INSERT INTO console.dead_letters (consumer, original_topic, original_partition, original_offset,
    redrive_count, dlq_partition, dlq_offset, content_sha256, payment_id, event_id, error_class,
    error_name, error_message, attempts, first_failed_at, dead_lettered_at, app_version,
    value_cut, redrivable_until, key_sha256, incarnation)
  SELECT $1, l."originalTopic", l."originalPartition", l."originalOffset", l."redriveCount",
         l."dlqPartition", l."dlqOffset", l."contentSha256", l."paymentId", l."eventId",
         l."errorClass", l."errorName", l."errorMessage", l.attempts, l."firstFailedAt",
         l."deadLetteredAt", l."appVersion", l."valueCut", l."redrivableUntil",
         l."keySha256", l.incarnation
    FROM ROWS FROM (jsonb_to_recordset($2::jsonb) AS (
           "originalTopic" text, "originalPartition" int, "originalOffset" bigint,
           "redriveCount" int, "dlqPartition" int, "dlqOffset" bigint, "contentSha256" text,
           "paymentId" text, "eventId" text, "errorClass" text, "errorName" text,
           "errorMessage" text, attempts int, "firstFailedAt" timestamptz,
           "deadLetteredAt" timestamptz, "appVersion" text, "valueCut" int,
           "redrivableUntil" timestamptz, "keySha256" text,
           incarnation int)) WITH ORDINALITY AS l
   ORDER BY l.ordinality
  ON CONFLICT DO NOTHING`;

async function insert(manager: EntityManager, consumer: ConsumerName, letters: Ingested[]) {
  if (letters.length > 0) await manager.query(INSERT, [consumer, JSON.stringify(letters)]);
}

// A pending letter whose topic was made anew, and which a consumer has dead-lettered again since: a
// replay of the main topic does that. As a copy it would vanish, and the row could not be redriven.
const FIND_AGAIN = `
  UPDATE console.dead_letters d
     SET dlq_partition = l."dlqPartition", dlq_offset = l."dlqOffset", incarnation = l.incarnation,
         record_gone_at = NULL, cannot_redrive = NULL
    FROM (SELECT DISTINCT ON ("originalTopic", "originalPartition", "originalOffset",
                 "redriveCount", "contentSha256") *
            FROM jsonb_to_recordset($2::jsonb) AS l (
                   "originalTopic" text, "originalPartition" int, "originalOffset" bigint,
                   "redriveCount" int, "dlqPartition" int, "dlqOffset" bigint,
                   "contentSha256" text, incarnation int)) AS l
   WHERE d.consumer = $1 AND d.original_topic = l."originalTopic"
     AND d.original_partition = l."originalPartition" AND d.original_offset = l."originalOffset"
     AND d.redrive_count = l."redriveCount" AND d.content_sha256 = l."contentSha256"
     AND d.record_gone_at IS NOT NULL AND d.state = 'pending'`;

async function findAgain(manager: EntityManager, consumer: ConsumerName, letters: Ingested[]) {
  if (letters.length > 0) await manager.query(FIND_AGAIN, [consumer, JSON.stringify(letters)]);
}

const IMPOSTORS = `
  SELECT l."dlqPartition" AS partition, l."dlqOffset"::text AS offset
    FROM jsonb_to_recordset($2::jsonb) AS l (
           "originalTopic" text, "originalPartition" int, "originalOffset" bigint,
           "redriveCount" int, "dlqPartition" int, "dlqOffset" bigint, "contentSha256" text)
    JOIN console.dead_letters d
      ON d.consumer = $1 AND d.original_topic = l."originalTopic"
     AND d.original_partition = l."originalPartition" AND d.original_offset = l."originalOffset"
     AND d.redrive_count = l."redriveCount"
   WHERE d.content_sha256 <> l."contentSha256"`;

async function impostors(
  manager: EntityManager,
  consumer: ConsumerName,
  letters: Ingested[],
): Promise<Ingested[]> {
  if (letters.length === 0) return [];
  const rows: { partition: number; offset: string }[] = await manager.query(IMPOSTORS, [
    consumer,
    JSON.stringify(letters),
  ]);
  const places = new Set(rows.map(({ partition, offset }) => `${partition}-${offset}`));
  return letters.filter((one) => places.has(`${one.dlqPartition}-${one.dlqOffset}`));
}

const asItself = (letter: Ingested): Ingested => ({
  ...letter,
  ...NOT_CUT,
  originalTopic: letter.dlqTopic,
  originalPartition: letter.dlqPartition,
  originalOffset: letter.dlqOffset,
});

// A position never moves back: another console may have ingested more, and has stored its rows.
// Only in its incarnation: a console that still has records of the topic before must not store
// them, nor their offsets.
const MOVE = `
  INSERT INTO console.dead_letter_positions AS position
    (consumer, partition, next_offset, topic_id, incarnation)
  SELECT $1, p.partition, p."nextOffset", $3, p.incarnation
    FROM jsonb_to_recordset($2::jsonb) AS p (partition int, "nextOffset" bigint, incarnation int)
   ORDER BY p.partition
  ON CONFLICT (consumer, partition) DO UPDATE
    SET next_offset = greatest(position.next_offset, excluded.next_offset),
        topic_id = coalesce(excluded.topic_id, position.topic_id)
    WHERE position.incarnation = excluded.incarnation
      AND coalesce(position.topic_id = excluded.topic_id, true)
  RETURNING partition`;

async function move(
  manager: EntityManager,
  consumer: ConsumerName,
  to: {
    positions: { partition: number; nextOffset: string; incarnation: number }[];
    topicId: string | undefined;
  },
) {
  const { positions, topicId } = to;
  const moved: unknown[] = await manager.query(MOVE, [
    consumer,
    JSON.stringify(positions),
    topicId ?? null,
  ]);
  if (moved.length === positions.length) return;
  throw new Error(`a dead-letter partition of ${consumer} was made anew while it was ingested`);
}
