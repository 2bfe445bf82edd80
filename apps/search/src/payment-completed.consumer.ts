import { PAYMENT_COMPLETED, type DecodedEvent } from '@effectively-once/contracts';
import {
  KeepErrorIdentity,
  LANES,
  paymentCompletedDecoder,
  type Applied,
} from '@effectively-once/delivery';
import { Controller, UseFilters } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { IndexPayment } from './index-payment.js';
import { SearchIdempotency } from './search.idempotency.js';

/** Writes one document for each completed payment, so that search finds it. */
@Controller()
@UseFilters(KeepErrorIdentity)
export class PaymentCompletedConsumer {
  constructor(
    private readonly idempotency: SearchIdempotency,
    private readonly indexPayment: IndexPayment,
  ) {}

  @EventPattern(PAYMENT_COMPLETED, LANES, paymentCompletedDecoder)
  async onPaymentCompleted(@Payload() { data }: DecodedEvent): Promise<Applied> {
    return await this.idempotency.once(data, (document) => this.indexPayment.run(data, document));
  }
}
