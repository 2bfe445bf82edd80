import {
  CONSUMERS,
  deadLetterTopic,
  PAYMENT_COMPLETED_SCHEMAS,
  type ConsumerName,
  type PaymentCompletedVersion,
} from '@effectively-once/contracts';
import { auditWhenQuiet, sourcesOf, verdictOf, type VerdictCounts } from '@effectively-once/audit';
import { pollUntil } from '@effectively-once/timing';
import pg from 'pg';
import { endOfTopic } from '../../../bench/delivery/end-of-topic.js';
import { contestants } from '../../../bench/pipeline/contestants.js';
import { EvidenceReader } from '../../../bench/pipeline/audit/read-evidence.js';
import type { StoredEffect } from '../../../bench/pipeline/audit/count-effects.js';
import { waitUntilDrained } from '../../../faults/wait-until-drained.js';
import { addresses } from '../../../stack/addresses.js';
import type { LabContext } from '../../lab.js';
import { orAborted } from '../../process/or-aborted.js';
import type { CheckoutSeen } from './customers.js';
import type { Fleet, ServiceName } from './fleet.js';

const QUIET_WITHIN_MS = 120_000;
const READ_WITHIN_MS = 60_000;
const POLL_MS = 250;

/** When each payment of the run had which effect: ms since the epoch, ascending. */
export type EffectTimes = Record<ServiceName, number[]>;

export interface PublishedEvent {
  version: PaymentCompletedVersion;
  atMs: number;
}

/** What the stores and the journals say about the payments since the start of the lab. */
export class RunRecords {
  private readonly at: ReturnType<typeof addresses>;
  private readonly reader: EvidenceReader;
  private readonly payments: pg.Pool;
  private readonly loyalty: pg.Pool;

  constructor(
    private readonly context: LabContext,
    private readonly since = new Date(),
  ) {
    const { environment } = context;
    this.at = addresses(environment, { journalFolder: '' });
    this.reader = new EvidenceReader({ environment, at: this.at }, contestants.ours.tables);
    this.payments = poolOf(String(this.at.AUDITOR_PAYMENTS_URL));
    this.loyalty = poolOf(String(this.at.AUDITOR_LOYALTY_URL));
  }

  async times(): Promise<EffectTimes> {
    const { payments, mails, points, documents } = await this.reader.evidence(new Set());
    const ofRun = [...payments].filter(
      ([, { completedAtMs }]) => completedAtMs >= this.since.getTime(),
    );
    const ids = new Set(ofRun.map(([id]) => id));
    const timesOf = (effects: readonly StoredEffect[]) =>
      ascending(effects.filter(({ paymentId }) => ids.has(paymentId)).map(({ atMs }) => atMs));
    return {
      payments: ascending(ofRun.map(([, { completedAtMs }]) => completedAtMs)),
      email: timesOf(mails),
      loyalty: timesOf(points),
      search: timesOf(documents),
    };
  }

  /** The events that payments wrote, each with the version of its bytes. */
  async published(): Promise<PublishedEvent[]> {
    const { rows } = await this.payments.query<{ data_schema: string; occurred_at: Date }>(
      'SELECT data_schema, occurred_at FROM payments.outbox WHERE occurred_at >= $1',
      [this.since],
    );
    return rows.map(({ data_schema: schema, occurred_at: at }) => ({
      version: schema === PAYMENT_COMPLETED_SCHEMAS[2] ? 2 : 1,
      atMs: at.getTime(),
    }));
  }

  /**
   * Waits until every group has committed every event of this version that payments has written.
   * Before that, a reader that does not know it would get some of them, and dead-letter them.
   */
  async untilIsRead(version: PaymentCompletedVersion): Promise<void> {
    const { rows } = await this.payments.query<{ event_id: string }>(
      'SELECT event_id FROM payments.outbox WHERE data_schema = $1 AND occurred_at >= $2',
      [PAYMENT_COMPLETED_SCHEMAS[version], this.since],
    );
    const ids = rows.map(({ event_id: id }) => id);
    // An event with points is in the topic. So the end of the topic is behind all of them.
    const areInTopic = async () => {
      const sql =
        'SELECT count(*)::int AS count FROM loyalty.points_entries WHERE event_id = ANY($1)';
      const found = await this.loyalty.query<{ count: number }>(sql, [ids]);
      return found.rows[0]?.count === ids.length;
    };
    await pollUntil(areInTopic, {
      everyMs: POLL_MS,
      timeoutMs: READ_WITHIN_MS,
      timeoutMessage: () => `loyalty has not read all ${ids.length} events of version ${version}`,
    });
    await this.untilDrained();
  }

  /** The records that were ever written to the dead-letter topics. */
  async deadLetters(): Promise<number> {
    const { brokers } = this.context;
    const ends = await Promise.all(
      CONSUMERS.map((name) => endOfTopic(brokers, deadLetterTopic(name))),
    );
    return ends.reduce((sum, end) => sum + end, 0);
  }

  /** Waits until every group has committed all events that are in the topic now. */
  async untilDrained(): Promise<void> {
    await orAborted(this.context.signal, waitUntilDrained(this.context.brokers));
  }

  /** Waits until no effect is due, and counts what is wrong, by payments. */
  async verdict(fleet: Fleet): Promise<VerdictCounts> {
    await this.untilDrained();
    const url = (consumer: ConsumerName) => fleet.urlOf(consumer);
    const sources = sourcesOf({
      ...this.at,
      EMAIL_URL: url('email'),
      LOYALTY_URL: url('loyalty'),
      SEARCH_URL: url('search'),
    });
    const { since } = this;
    const auditing = auditWhenQuiet({ sources, since, waitMaxMs: QUIET_WITHIN_MS });
    return verdictOf(await orAborted(this.context.signal, auditing));
  }

  async close(): Promise<void> {
    await Promise.all([this.reader.close(), this.payments.end(), this.loyalty.end()]);
  }
}

export const unpaid = (checkouts: readonly CheckoutSeen[]): number =>
  checkouts.filter(({ status }) => status !== 201).length;

const ascending = (times: number[]) => times.sort((one, other) => one - other);

function poolOf(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 1 });
  // The database is stopped at Ctrl-C, before this process ends.
  pool.on('error', () => undefined);
  return pool;
}
