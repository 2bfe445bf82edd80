import {
  decodePaymentCompleted,
  PAYMENT_COMPLETED,
  type DecodedEvent,
} from '@effectively-once/contracts';
import {
  KeepErrorIdentity,
  LANES,
  type Applied,
  type LaneExtras,
} from '@effectively-once/delivery';
import { headerTexts } from '@effectively-once/kafka';
import { Controller, UseFilters } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { AwardPoints } from './award-points.js';
import { LoyaltyIdempotency } from './loyalty.idempotency.js';

const extras: LaneExtras = {
  decode: (record) => decodePaymentCompleted({ ...record, headers: headerTexts(record) }),
};

/** A completed payment is points on its user's account. */
@Controller()
@UseFilters(KeepErrorIdentity)
export class PaymentCompletedConsumer {
  constructor(
    private readonly idempotency: LoyaltyIdempotency,
    private readonly awardPoints: AwardPoints,
  ) {}

  @EventPattern(PAYMENT_COMPLETED, LANES, extras)
  async onPaymentCompleted(@Payload() event: DecodedEvent): Promise<Applied> {
    return await this.idempotency.once(event.data, (unit) => this.awardPoints.run(event, unit));
  }
}
