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
import { IndexPayment } from './index-payment.js';
import { SearchIdempotency } from './search.idempotency.js';

const extras: LaneExtras = {
  decode: (record) => decodePaymentCompleted({ ...record, headers: headerTexts(record) }),
};

/** A completed payment is a document that can be found. */
@Controller()
@UseFilters(KeepErrorIdentity)
export class PaymentCompletedConsumer {
  constructor(
    private readonly idempotency: SearchIdempotency,
    private readonly indexPayment: IndexPayment,
  ) {}

  @EventPattern(PAYMENT_COMPLETED, LANES, extras)
  async onPaymentCompleted(@Payload() event: DecodedEvent): Promise<Applied> {
    return await this.idempotency.once(event.data, (document) =>
      this.indexPayment.run(event.data, document),
    );
  }
}
