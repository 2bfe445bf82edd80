import { OperatorGuard } from '@effectively-once/platform';
import { Controller, Get, Inject, UseGuards } from '@nestjs/common';
import { PaymentsDatabase } from './payments-database.js';

const ROWS_MAX = 200;

// What an operator has to follow comes first, then the newest.
const REFUNDS = `
  SELECT psp_reference AS "pspReference", payment_id AS "paymentId", status,
      refund_id AS "refundId", failures, attempts, found_at AS "foundAt",
      refunded_at AS "refundedAt", closed_by AS "closedBy", closed_reason AS "closedReason",
      closed_at AS "closedAt"
    FROM payments.refunds
   ORDER BY (status NOT IN ('succeeded', 'paid_otherwise')) DESC, found_at DESC LIMIT $1`;
const DISPUTES = `
  SELECT id, psp_reference AS "pspReference", payment_id AS "paymentId", status, reason,
      found_at AS "foundAt"
    FROM payments.disputes
   ORDER BY (status LIKE '%needs_response') DESC, found_at DESC LIMIT $1`;
const UNKNOWN_EVENTS = `
  SELECT id, type, object_id AS "objectId", received_at AS "receivedAt"
    FROM payments.psp_events ORDER BY received_at DESC LIMIT $1`;

/** Money that goes back to customers, and what the PSP said that payments does not know. */
@Controller('api/money-back')
@UseGuards(OperatorGuard)
export class MoneyBackController {
  constructor(@Inject(PaymentsDatabase) private readonly payments: PaymentsDatabase) {}

  @Get()
  async latest(): Promise<Record<string, unknown>> {
    const [refunds, disputes, unknownEvents] = await Promise.all(
      [REFUNDS, DISPUTES, UNKNOWN_EVENTS].map((sql) => this.payments.query(sql, [ROWS_MAX])),
    );
    return { refunds, disputes, unknownEvents };
  }
}
