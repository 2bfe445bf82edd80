import type { Logger } from '@effectively-once/platform';
import type { FaultSwitches } from '../../faults.js';
import type { Ledger } from '../ledger.js';
import type { PspAnswer, PspRecord } from '../psp-record.js';
import type { Refund } from '../stripe-objects.js';
import type { Webhooks } from '../webhooks.js';
import { refundAnswer } from './refund.js';

const LOOK_EVERY_MS = 200;
const FAILURE_REASON = 'expired_or_canceled_card';

/** What becomes of a refund after its answer. */
export interface RefundFate {
  status: 'succeeded' | 'pending';
  then: 'succeeded' | 'failed';
  afterMs: number;
}

export interface RefundProgressOptions {
  ledger: Ledger;
  webhooks: Webhooks;
  faults: FaultSwitches;
  logger: Logger;
  now: () => Date;
}

/**
 * A refund goes on after it was accepted: a pending one succeeds or fails, and even one that
 * succeeded may fail. Without a fault, each refund succeeds at once. What waits is only in memory:
 * after a restart, pending refunds succeed.
 */
export class RefundProgress {
  private readonly waiting = new Map<string, { then: RefundFate['then']; dueMs: number }>();
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly options: RefundProgressOptions) {
    for (const { id } of options.ledger.pendingRefunds())
      this.waiting.set(id, { then: 'succeeded', dueMs: 0 });
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS).unref();
  }

  /** Runs only when the PSP executes a request, so that a replay uses no fault. */
  fate(): RefundFate {
    const { faults } = this.options;
    if (faults.take('psp', 'refund_fails'))
      return { status: 'pending', then: 'failed', afterMs: 0 };
    const failsLater = faults.take('psp', 'refund_fails_later');
    if (failsLater)
      return { status: 'succeeded', then: 'failed', afterMs: failsLater.delayMs ?? 0 };
    const pending = faults.take('psp', 'refund_pending');
    if (pending) return { status: 'pending', then: 'succeeded', afterMs: pending.delayMs ?? 0 };
    return { status: 'succeeded', then: 'succeeded', afterMs: 0 };
  }

  follow({ body }: PspRecord, { status, then, afterMs }: RefundFate): void {
    if (!('object' in body) || body.object !== 'refund' || status === then) return;
    this.waiting.set(body.id, { then, dueMs: performance.now() + afterMs });
  }

  close(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    const { ledger, webhooks, faults, logger } = this.options;
    for (const [id, { then, dueMs }] of this.waiting) {
      const refund = ledger.refund(id);
      // While the fault is on, a pending refund stays pending.
      if (then === 'succeeded' && faults.isOn('psp', 'refund_pending')) continue;
      if (!refund || performance.now() < dueMs) continue;
      this.waiting.delete(id);
      try {
        const record = await ledger.change('refund.updated', this.changed(refund, then));
        webhooks.announce(record, { delayMs: 0 });
      } catch (error) {
        logger.error({ err: error, refundId: id }, 'a refund could not be changed');
      }
    }
  }

  private changed(refund: Refund, status: RefundFate['then']): PspAnswer {
    const { ledger, now } = this.options;
    const failed = status === 'failed' ? { failure_reason: FAILURE_REASON } : {};
    const next = { ...refund, status, ...failed };
    return refundAnswer({ refund: next, ledger, now: now(), idempotencyKey: null });
  }
}
