import { CE_HEADERS, type DeliveryTrace } from '@effectively-once/contracts';
import type { KafkaRecord, TopicPartition } from '@effectively-once/kafka';
import type { DeliveryOutcome } from '../../deliver.js';

export const PAYMENTS_MAX = 5_000;
/** A record that waits for an outage is tried again and again. The latest attempts say enough. */
export const ATTEMPTS_KEPT_MAX = 20;
/** Of one payment: redeliveries and redrives. */
export const DELIVERIES_KEPT_MAX = 10;
/** Of one partition. A commit covers many records. */
export const COMMITS_KEPT_MAX = 1_000;
const PAYMENT_ID_LENGTH = 36;

interface Attempt {
  startedAtMs: number;
  endedAtMs: number;
  error: string | undefined;
  nextAtMs: number | undefined;
}

/** One delivery of one record: fetched, attempts, outcome. The only object that a record costs. */
export class RecordTrace {
  outcome: DeliveryOutcome | undefined;
  private startedAtMs = 0;
  private attempts: Attempt[] | undefined;
  private firstEndedAtMs = 0;

  constructor(
    readonly record: Pick<KafkaRecord, 'topic' | 'partition' | 'offset'>,
    readonly fetchedAtMs: number,
    public before: RecordTrace | undefined,
  ) {}

  attemptStarted(nowMs: number): void {
    this.startedAtMs = nowMs;
  }

  /** @param error the failure's name; undefined if the attempt succeeded. */
  attemptEnded(nowMs: number, error: string | undefined): void {
    // Nearly every record succeeds at once, and then costs no list.
    if (error === undefined && this.attempts === undefined) {
      this.firstEndedAtMs = nowMs;
      return;
    }
    const startedAtMs = this.startedAtMs;
    this.attempts ??= [];
    this.attempts.push({ startedAtMs, endedAtMs: nowMs, error, nextAtMs: undefined });
    if (this.attempts.length > ATTEMPTS_KEPT_MAX) this.attempts.shift();
  }

  /** The lane waits for a backoff; without it, it waits for a dependency and no time is known. */
  nextAttemptAt(atMs: number): void {
    const last = this.attempts?.at(-1);
    if (last) last.nextAtMs = atMs;
  }

  /** The failure of the last attempt, and when the next one is; undefined if it did not fail. */
  get failure(): { error: string; nextAtMs: number | undefined } | undefined {
    const last = this.attempts?.at(-1);
    if (last?.error === undefined) return undefined;
    return { error: last.error, nextAtMs: last.nextAtMs };
  }

  finishedAttempts(): Attempt[] {
    if (this.attempts) return this.attempts;
    if (this.firstEndedAtMs === 0) return [];
    const { startedAtMs, firstEndedAtMs: endedAtMs } = this;
    return [{ startedAtMs, endedAtMs, error: undefined, nextAtMs: undefined }];
  }
}

interface Commit {
  /** It covers the offsets from here on, and below `until`. */
  from: bigint;
  until: bigint;
  atMs: number;
}

/**
 * The latest deliveries of this process, by payment id, for the page of one payment. They live in
 * memory only and are bounded: a restart forgets them, and Kafka and the stores do not depend on
 * them. No address and no text of a server is in them.
 */
export class RecentDeliveries {
  // In the order of their latest deliveries. The first one is forgotten when there are too many.
  private readonly latest = new Map<string, RecordTrace>();
  private readonly commits = new Map<string, Commit[]>();

  constructor(private readonly paymentsMax: number = PAYMENTS_MAX) {}

  /** @param fetchedAtMs in Unix milliseconds, as all times here. */
  begin(record: KafkaRecord, fetchedAtMs: number): RecordTrace {
    const paymentId = paymentIdIn(record);
    const before = paymentId === undefined ? undefined : this.latest.get(paymentId);
    // The same record again, after the dead letter topic refused it: its attempts go on.
    if (before && !before.outcome && isSameRecord(before.record, record)) return before;
    if (before) keepLatest(before);
    const { topic, partition, offset } = record;
    const trace = new RecordTrace({ topic, partition, offset }, fetchedAtMs, before);
    if (paymentId !== undefined) this.remember(paymentId, trace);
    return trace;
  }

  /** A partition begins at this committed offset. When it was committed is unknown. */
  opened(at: TopicPartition, committed: bigint): void {
    const commits = this.commitsOf(at);
    // Moved back by a replay: what was committed is open again.
    if ((commits.at(-1)?.until ?? 0n) > committed) commits.length = 0;
    commits.push({ from: committed, until: committed, atMs: 0 });
  }

  /** The broker has acknowledged the commit of this watermark. */
  committed(at: TopicPartition, watermark: bigint, nowMs: number): void {
    const commits = this.commitsOf(at);
    const from = commits.at(-1)?.until;
    // The same watermark again, with other metadata.
    if (from === undefined || watermark <= from) return;
    commits.push({ from, until: watermark, atMs: nowMs });
    if (commits.length > COMMITS_KEPT_MAX) commits.shift();
  }

  /** The trace of a record that this process works on; undefined if it was never begun. */
  find(record: KafkaRecord): RecordTrace | undefined {
    const paymentId = paymentIdIn(record);
    const trace = paymentId === undefined ? undefined : this.latest.get(paymentId);
    return trace && isSameRecord(trace.record, record) ? trace : undefined;
  }

  /** The deliveries of one payment, the newest first. Empty for a payment that is not known. */
  of(paymentId: string): DeliveryTrace[] {
    const traces: DeliveryTrace[] = [];
    let trace = this.latest.get(paymentId);
    for (; trace && traces.length < DELIVERIES_KEPT_MAX; trace = trace.before) {
      traces.push(this.shown(paymentId, trace));
    }
    return traces;
  }

  private remember(paymentId: string, trace: RecordTrace): void {
    this.latest.delete(paymentId);
    this.latest.set(paymentId, trace);
    const oldest = this.latest.keys().next();
    if (this.latest.size > this.paymentsMax && !oldest.done) this.latest.delete(oldest.value);
  }

  private shown(paymentId: string, trace: RecordTrace): DeliveryTrace {
    const { topic, partition, offset } = trace.record;
    return {
      paymentId,
      topic,
      partition,
      offset: String(offset),
      fetchedAt: iso(trace.fetchedAtMs),
      attempts: trace.finishedAttempts().map(({ startedAtMs, endedAtMs, error, nextAtMs }) => ({
        startedAt: iso(startedAtMs),
        endedAt: iso(endedAtMs),
        error: error ?? null,
        nextAttemptAt: nextAtMs === undefined ? null : iso(nextAtMs),
      })),
      outcome: trace.outcome ?? 'in_flight',
      committedAt: this.committedAt(trace),
    };
  }

  private commitsOf({ topic, partition }: TopicPartition): Commit[] {
    const name = `${topic}/${partition}`;
    const known = this.commits.get(name);
    if (known) return known;
    const commits: Commit[] = [];
    this.commits.set(name, commits);
    return commits;
  }

  private committedAt({ record, outcome }: RecordTrace): string | null {
    if (outcome === undefined) return null;
    const { offset } = record;
    const commit = this.commitsOf(record).find(
      ({ from, until }) => from <= offset && offset < until,
    );
    return commit ? iso(commit.atMs) : null;
  }
}

/** The event's own header. A foreign record may have none, or one that is no payment id. */
export function paymentIdIn({ headers }: Pick<KafkaRecord, 'headers'>): string | undefined {
  const subject = headers[CE_HEADERS.subject];
  return Buffer.isBuffer(subject) && subject.length === PAYMENT_ID_LENGTH
    ? subject.toString('latin1')
    : undefined;
}

function keepLatest(trace: RecordTrace): void {
  let last: RecordTrace | undefined = trace;
  // One less, because the new delivery comes before these.
  for (let kept = 1; last && kept < DELIVERIES_KEPT_MAX - 1; kept += 1) last = last.before;
  if (last) last.before = undefined;
}

const isSameRecord = (one: RecordTrace['record'], other: RecordTrace['record']) =>
  one.offset === other.offset && one.partition === other.partition && one.topic === other.topic;

const iso = (ms: number) => new Date(ms).toISOString();
