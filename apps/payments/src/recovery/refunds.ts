import type { Logger } from '@effectively-once/platform';
import type { DataSource } from 'typeorm';
import { pool } from '../runtime/database.js';
import { pspRefunds } from '../runtime/metrics.js';
import type { PspRefund, PspReversals } from '../psp/psp-reversals.js';
import { close, owe, record, take, type AtPsp, type Debt } from './refunds.sql.js';

/** A capture that no COMPLETED payment needs: its payment failed, or already has a capture. */
export type UnneededCapture = Pick<Debt, 'paymentId' | 'pspReference'>;

const BATCH_MAX = 10;

/**
 * Refunds a capture of a payment that is FAILED or DECLINED: a webhook, a look-up or a late answer
 * found it afterwards. First it stores that the refund is owed.
 *
 *   owed ──► ask the PSP ──► pending, requires_action ──► succeeded
 *    ▲                                │                       │
 *    └──── failed or canceled: the money came back ◄──────────┘
 *
 * An operator closes a debt that was paid in another way: paid_otherwise.
 *
 * The PSP's own list of refunds decides the state. A webhook only says when to look: webhooks come
 * late, twice, in any order, or never. Without one, the next look is at most an hour away, and a
 * refund that has succeeded is looked up daily for the 30 days in which it can fail.
 */
export class Refunds {
  constructor(
    private readonly dataSource: DataSource,
    private readonly psp: PspReversals,
    private readonly logger: Logger,
    private readonly options: { pspTimeoutMs: number },
  ) {}

  /** Idempotent: a capture that is found twice is owed once. */
  async owe(capture: UnneededCapture): Promise<void> {
    if (!(await owe(pool(this.dataSource), capture))) return;
    pspRefunds.inc({ result: 'owed' });
    this.logger.error(capture, 'captured, but not paid: payments refunds it');
  }

  /**
   * A second capture of a COMPLETED payment. Our own requests cannot cause one (one PSP key), so
   * its origin is unknown. The audit (I5) reports it until an operator has decided.
   */
  leaveToOperator(capture: UnneededCapture): void {
    pspRefunds.inc({ result: 'left_to_a_person' });
    this.logger.error(capture, 'captured a second time: decide which capture to refund');
  }

  /**
   * The customer was paid in another way: payments asks for no refund any more.
   * @returns why not, if a refund lives at the PSP, the PSP does not answer, or nothing is owed.
   */
  async close(
    pspReference: string,
    by: { operator: string; reason: string },
  ): Promise<'closed' | 'not_owed' | 'refund_lives' | 'psp_unavailable'> {
    const known = await this.psp.refundsOf(pspReference);
    if (known === 'unknown') return 'psp_unavailable';
    if (known.some(({ status }) => status !== 'gone')) return 'refund_lives';
    const lookAfterMs = 4 * this.options.pspTimeoutMs;
    if (!(await close(pool(this.dataSource), { pspReference, ...by, lookAfterMs })))
      return 'not_owed';
    pspRefunds.inc({ result: 'closed' });
    this.logger.warn({ pspReference, operator: by.operator }, 'a refund was paid in another way');
    return 'closed';
  }

  /** Pursues one batch of the refunds that are due. */
  async run(): Promise<void> {
    const { pspTimeoutMs } = this.options;
    const due = await take(pool(this.dataSource), { pspTimeoutMs, debtsMax: BATCH_MAX });
    await Promise.all(due.map((debt) => this.pursue(debt)));
  }

  private async pursue(debt: Debt): Promise<void> {
    const known = await this.psp.refundsOf(debt.pspReference);
    const refunds =
      known !== 'unknown' && debt.status === 'owed' ? await this.request(debt, known) : known;
    if (refunds === 'unknown') {
      pspRefunds.inc({ result: 'failed' });
      this.logger.error(about(debt), 'the PSP did not refund; payments asks it again');
      return;
    }
    const gone = refunds.filter(({ status }) => status === 'gone');
    const refund = refunds.find(({ status }) => status !== 'gone');
    const isClosed = await record(pool(this.dataSource), {
      pspReference: debt.pspReference,
      status: statusOf(refunds),
      refundId: refund?.id ?? null,
      failures: gone.length,
    });
    this.tell(debt, statusOf(refunds), isClosed);
  }

  /** Asks for a refund. @returns all refunds of the capture after it. */
  private async request(debt: Debt, known: PspRefund[]): Promise<PspRefund[] | 'unknown'> {
    const { pspReference } = debt;
    const created = await this.psp.refund({ pspReference, key: refundKey(debt, known) });
    if (created === 'failed') return 'unknown';
    // The answer to a repeated key is as old as the first one. The list says how it is now.
    const refunds = await this.psp.refundsOf(pspReference);
    if (refunds === 'unknown' || created === 'already_refunded') return refunds;
    const isListed = refunds.some(({ id }) => id === created.id);
    return isListed ? refunds : [created, ...refunds];
  }

  private tell(debt: Debt, status: AtPsp, isClosed: boolean): void {
    if (status === debt.status && status !== 'owed') return;
    if (isClosed) return this.tellOfClosed(debt, status);
    pspRefunds.inc({ result: RESULTS[status] });
    const change = { ...about(debt), status };
    if (status === 'succeeded') this.logger.info(change, 'refunded a capture');
    else if (status === 'owed') this.logger.error(change, 'a refund came back: it is owed again');
    else this.logger.warn(change, 'the PSP has accepted a refund and not finished it');
  }

  private tellOfClosed(debt: Debt, status: AtPsp): void {
    if (status === 'owed') return;
    pspRefunds.inc({ result: 'paid_twice' });
    const change = { ...about(debt), status };
    this.logger.error(change, 'the PSP refunds what an operator has closed as paid otherwise');
  }
}

const RESULTS = {
  owed: 'came_back',
  pending: 'pending',
  requires_action: 'requires_action',
  succeeded: 'refunded',
} as const;

const about = ({ paymentId, pspReference }: Debt) => ({ paymentId, pspReference });

/**
 * The same request has the same key in every process and after every crash. Only when a refund has
 * come back, the next one has another key: the PSP would replay the old answer for a day.
 */
function refundKey(debt: Debt, known: PspRefund[]): string {
  const { paymentId, pspReference, isSecond } = debt;
  const first = `refund-${paymentId}${isSecond ? `-${pspReference}` : ''}`;
  const lastGone = known.find(({ status }) => status === 'gone');
  return lastGone ? `${first}-after-${lastGone.id}` : first;
}

/** Of several refunds of one capture, the one that is least finished decides. */
function statusOf(refunds: PspRefund[]): AtPsp {
  const live = refunds.flatMap(({ status }) => (status === 'gone' ? [] : status));
  for (const status of ['requires_action', 'pending', 'succeeded'] as const)
    if (live.includes(status)) return status;
  return 'owed';
}
