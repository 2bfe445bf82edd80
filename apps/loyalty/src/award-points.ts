import { majorUnits, type DecodedEvent } from '@effectively-once/contracts';
import { Injectable } from '@nestjs/common';
import type { UnitOfWork } from './loyalty.idempotency.js';

/**
 * Declares the points entry of one payment: one point for each whole major unit of its currency.
 * The strategy writes it.
 */
@Injectable()
export class AwardPoints {
  async run({ id, data }: DecodedEvent, unit: UnitOfWork): Promise<void> {
    unit.declare({
      paymentId: data.paymentId,
      userId: data.userId,
      amountMinor: data.amountMinor,
      currency: data.currency,
      points: majorUnits(data.amountMinor, data.currency),
      eventId: id,
    });
  }
}
