import { PAYMENT_COMPLETED, type DecodedEvent } from '@effectively-once/contracts';
import {
  KeepErrorIdentity,
  LANES,
  paymentCompletedDecoder,
  type Applied,
} from '@effectively-once/delivery';
import { Controller, UseFilters } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { EmailIdempotency } from './email.idempotency.js';
import { SendReceipt } from './send-receipt.js';

/** Mails one receipt for each completed payment. */
@Controller()
@UseFilters(KeepErrorIdentity)
export class PaymentCompletedConsumer {
  constructor(
    private readonly idempotency: EmailIdempotency,
    private readonly sendReceipt: SendReceipt,
  ) {}

  @EventPattern(PAYMENT_COMPLETED, LANES, paymentCompletedDecoder)
  async onPaymentCompleted(@Payload() { data }: DecodedEvent): Promise<Applied> {
    return await this.idempotency.once(data, (claim) => this.sendReceipt.run(data, claim));
  }
}
