import { PAYMENT_COMPLETED, type DecodedEvent } from '@effectively-once/contracts';
import {
  KeepErrorIdentity,
  LANES,
  paymentCompletedDecoder,
  type Applied,
} from '@effectively-once/delivery';
import { Controller, UseFilters } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { AwardPoints } from './award-points.js';
import { LoyaltyIdempotency } from './loyalty.idempotency.js';

/** Adds the points of each completed payment to its user's account. */
@Controller()
@UseFilters(KeepErrorIdentity)
export class PaymentCompletedConsumer {
  constructor(
    private readonly idempotency: LoyaltyIdempotency,
    private readonly awardPoints: AwardPoints,
  ) {}

  @EventPattern(PAYMENT_COMPLETED, LANES, paymentCompletedDecoder)
  async onPaymentCompleted(@Payload() event: DecodedEvent): Promise<Applied> {
    return await this.idempotency.once(event.data, (unit) => this.awardPoints.run(event, unit));
  }
}
