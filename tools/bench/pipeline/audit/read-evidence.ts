import { Client as Elasticsearch } from '@elastic/elasticsearch';
import pg from 'pg';
import type { ContestantDefinition } from '../contestants.js';
import { pointsOf } from '../receipt.js';
import type { PipelineStack } from '../stack/pipeline-stack.js';
import { superuserUrl } from '../../../stack/addresses.js';
import type { PipelineEvidence, StoredEffect } from './count-effects.js';
import { DocumentClock } from './document-clock.js';

const DOCUMENTS_PER_PAGE = 10_000;

export interface EffectCounts {
  /** Payments that the database calls completed. */
  payments: number;
  /** Payments that have the effect, not effects. */
  mails: number;
  points: number;
  documents: number;
}

/** Reads what one contestant has left behind. Every contestant is read in the same way. */
export class EvidenceReader {
  private readonly elasticsearch: Elasticsearch;
  private readonly payments: pg.Pool;
  private readonly points: pg.Pool;
  private readonly clock: DocumentClock;
  private readonly mailed = new Set<string>();
  private mailsRead = 0;

  constructor(
    { environment, at }: Pick<PipelineStack, 'environment' | 'at'>,
    private readonly tables: ContestantDefinition['tables'],
  ) {
    this.elasticsearch = new Elasticsearch({ node: String(at.ELASTICSEARCH_URL) });
    this.payments = poolOf(superuserUrl(environment, tables.payments.database));
    this.points = poolOf(superuserUrl(environment, tables.points.database));
    this.clock = new DocumentClock(this.elasticsearch);
    this.journal = `${at.THIRD_PARTIES_URL}/_journal`;
  }

  private readonly journal: string;

  /** Cheap enough to be asked again and again. */
  async counts(): Promise<EffectCounts> {
    const { entries, nextAfter } = await this.read<MailOfJournal>(`mails?after=${this.mailsRead}`);
    this.mailsRead = nextAfter;
    for (const { paymentId } of entries) this.mailed.add(String(paymentId));
    const { count: documents } = await this.elasticsearch.count({ index: 'payments' });
    return {
      payments: await countOf(
        this.payments,
        `SELECT count(*) FROM ${this.tables.payments.name} WHERE status = 'COMPLETED'`,
      ),
      mails: this.mailed.size,
      points: await countOf(
        this.points,
        `SELECT count(DISTINCT payment_id) FROM ${this.tables.points.entries}`,
      ),
      documents,
    };
  }

  async evidence(accepted: ReadonlySet<string>): Promise<PipelineEvidence> {
    const charges = await this.read<{ paymentId: string | null; status: string }>('charges');
    const mails = await this.read<MailOfJournal>('mails');
    return {
      accepted,
      payments: await this.completedPayments(),
      charges: charges.entries
        .filter(({ status }) => status === 'captured')
        .map(({ paymentId }) => String(paymentId)),
      mails: mails.entries.map(({ paymentId, at }) => ({
        paymentId: String(paymentId),
        atMs: Date.parse(at),
      })),
      points: await this.pointsEntries(),
      documents: await this.documents(),
      balances: await this.balances(),
    };
  }

  async close(): Promise<void> {
    await this.clock.stop();
    await Promise.all([this.elasticsearch.close(), this.payments.end(), this.points.end()]);
  }

  private async completedPayments(): Promise<PipelineEvidence['payments']> {
    const { rows } = await this.payments.query<{
      id: string;
      user_id: string;
      amount_minor: string;
      completed_at: Date;
    }>(
      `SELECT id, user_id, amount_minor, completed_at FROM ${this.tables.payments.name}
         WHERE status = 'COMPLETED'`,
    );
    return new Map(
      rows.map((row) => [
        row.id,
        {
          userId: row.user_id,
          points: pointsOf({ amountMinor: Number(row.amount_minor) }),
          completedAtMs: row.completed_at.getTime(),
        },
      ]),
    );
  }

  private async pointsEntries(): Promise<StoredEffect[]> {
    const { rows } = await this.points.query<{ payment_id: string; awarded_at: Date }>(
      `SELECT payment_id, awarded_at FROM ${this.tables.points.entries}`,
    );
    return rows.map((row) => ({ paymentId: row.payment_id, atMs: row.awarded_at.getTime() }));
  }

  private async balances(): Promise<Map<string, number>> {
    const { rows } = await this.points.query<{ user_id: string; balance: string }>(
      `SELECT user_id, balance FROM ${this.tables.points.accounts}`,
    );
    return new Map(rows.map((row) => [row.user_id, Number(row.balance)]));
  }

  private async documents(): Promise<StoredEffect[]> {
    await this.elasticsearch.indices.refresh({ index: 'payments' });
    const found: StoredEffect[] = [];
    for (let after: string | undefined; ;) {
      const { hits } = await this.elasticsearch.search({
        index: 'payments',
        size: DOCUMENTS_PER_PAGE,
        sort: [{ paymentId: 'asc' }],
        seq_no_primary_term: true,
        _source: false,
        ...(after === undefined ? {} : { search_after: [after] }),
      });
      for (const { _id, _seq_no } of hits.hits)
        found.push({ paymentId: String(_id), atMs: this.clock.timeOf(_seq_no ?? -1) });
      if (hits.hits.length < DOCUMENTS_PER_PAGE) return found;
      after = String(hits.hits.at(-1)?._id);
    }
  }

  private async read<Entry>(path: string): Promise<{ entries: Entry[]; nextAfter: number }> {
    const response = await fetch(`${this.journal}/${path}`);
    if (!response.ok) throw new Error(`the journal answers ${response.status}`);
    return (await response.json()) as { entries: Entry[]; nextAfter: number };
  }
}

interface MailOfJournal {
  paymentId: string | null;
  at: string;
}

function poolOf(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 1 });
  // The database may be dropped or stopped before this process ends.
  pool.on('error', () => undefined);
  return pool;
}

async function countOf(pool: pg.Pool, query: string): Promise<number> {
  const { rows } = await pool.query<{ count: string }>(query);
  return Number(rows[0]?.count);
}
