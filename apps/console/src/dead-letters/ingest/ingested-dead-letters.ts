import type { ConsumerName } from '@effectively-once/contracts';
import type { DataSource, EntityManager } from 'typeorm';
import { NOT_CUT, type ParsedDeadLetter } from './parsed-dead-letter.js';

/** The ingested dead letters, and the ingested position of each dead-letter partition. */
export class IngestedDeadLetters {
  constructor(private readonly database: DataSource) {}

  /** Partition → the first offset that is not ingested. */
  async positions(consumer: ConsumerName): Promise<Map<number, bigint>> {
    const rows: { partition: number; next_offset: string }[] = await this.database.query(
      `SELECT partition, next_offset FROM console.dead_letter_positions WHERE consumer = $1`,
      [consumer],
    );
    return new Map(rows.map((row) => [row.partition, BigInt(row.next_offset)]));
  }

  /**
   * Writes rows and positions in one transaction: after a crash, both are stored or neither is. The
   * insert is idempotent, so two consoles may ingest the same records.
   */
  async add(
    consumer: ConsumerName,
    letters: ParsedDeadLetter[],
    positions: ReadonlyMap<number, bigint>,
  ): Promise<void> {
    await this.database.transaction(async (manager) => {
      await insert(manager, consumer, letters);
      // A record with the identity of another record but other content must not vanish as a copy.
      await insert(manager, consumer, (await impostors(manager, consumer, letters)).map(asItself));
      await move(manager, consumer, positions);
    });
  }
}

const INSERT = `
  INSERT INTO console.dead_letters (consumer, original_topic, original_partition, original_offset,
    redrive_count, dlq_partition, dlq_offset, content_sha256, payment_id, event_id, error_class,
    error_name, error_message, attempts, first_failed_at, dead_lettered_at, app_version,
    value_cut, redrivable_until, key_sha256)
  SELECT $1, l."originalTopic", l."originalPartition", l."originalOffset", l."redriveCount",
         l."dlqPartition", l."dlqOffset", l."contentSha256", l."paymentId", l."eventId",
         l."errorClass", l."errorName", l."errorMessage", l.attempts, l."firstFailedAt",
         l."deadLetteredAt", l."appVersion", l."valueCut", l."redrivableUntil",
         l."keySha256"
    FROM ROWS FROM (jsonb_to_recordset($2::jsonb) AS (
           "originalTopic" text, "originalPartition" int, "originalOffset" bigint,
           "redriveCount" int, "dlqPartition" int, "dlqOffset" bigint, "contentSha256" text,
           "paymentId" text, "eventId" text, "errorClass" text, "errorName" text,
           "errorMessage" text, attempts int, "firstFailedAt" timestamptz,
           "deadLetteredAt" timestamptz, "appVersion" text, "valueCut" int,
           "redrivableUntil" timestamptz, "keySha256" text)) WITH ORDINALITY AS l
   ORDER BY l.ordinality
  ON CONFLICT DO NOTHING`;

async function insert(manager: EntityManager, consumer: ConsumerName, letters: ParsedDeadLetter[]) {
  if (letters.length > 0) await manager.query(INSERT, [consumer, JSON.stringify(letters)]);
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
  letters: ParsedDeadLetter[],
): Promise<ParsedDeadLetter[]> {
  if (letters.length === 0) return [];
  const rows: { partition: number; offset: string }[] = await manager.query(IMPOSTORS, [
    consumer,
    JSON.stringify(letters),
  ]);
  const places = new Set(rows.map(({ partition, offset }) => `${partition}-${offset}`));
  return letters.filter((one) => places.has(`${one.dlqPartition}-${one.dlqOffset}`));
}

const asItself = (letter: ParsedDeadLetter): ParsedDeadLetter => ({
  ...letter,
  ...NOT_CUT,
  originalTopic: letter.dlqTopic,
  originalPartition: letter.dlqPartition,
  originalOffset: letter.dlqOffset,
});

// A position never moves back: another console may have ingested more, and has stored its rows.
const MOVE = `
  INSERT INTO console.dead_letter_positions AS position (consumer, partition, next_offset)
  SELECT $1, p.partition, p."nextOffset"
    FROM jsonb_to_recordset($2::jsonb) AS p (partition int, "nextOffset" bigint)
   ORDER BY p.partition
  ON CONFLICT (consumer, partition) DO UPDATE
    SET next_offset = greatest(position.next_offset, excluded.next_offset)`;

async function move(
  manager: EntityManager,
  consumer: ConsumerName,
  positions: ReadonlyMap<number, bigint>,
) {
  const rows = [...positions].map(([partition, next]) => ({ partition, nextOffset: String(next) }));
  await manager.query(MOVE, [consumer, JSON.stringify(rows)]);
}
