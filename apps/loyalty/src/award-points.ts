import type { DecodedEvent } from '@effectively-once/contracts';
import { Injectable } from '@nestjs/common';
import type { UnitOfWork } from './loyalty.idempotency.js';

const MINOR_UNITS_PER_POINT = 100;

/** One point for each 100 minor units in any currency. The remainder is dropped. */
export function pointsFor(amountMinor: number): number {
  return Math.floor(amountMinor / MINOR_UNITS_PER_POINT);
}

/** Declares the points entry of one payment. The strategy writes it. */
@Injectable()
export class AwardPoints {
  async run({ id, data }: DecodedEvent, unit: UnitOfWork): Promise<void> {
    unit.declare({
      paymentId: data.paymentId,
      userId: data.userId,
      amountMinor: data.amountMinor,
      currency: data.currency,
      points: pointsFor(data.amountMinor),
      eventId: id,
    });
  }
}
