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
import { EmailIdempotency } from './email.idempotency.js';
import { SendReceipt } from './send-receipt.js';

const extras: LaneExtras = {
  decode: (record) => decodePaymentCompleted({ ...record, headers: headerTexts(record) }),
};

/** A completed payment is a mailed receipt. */
@Controller()
@UseFilters(KeepErrorIdentity)
export class PaymentCompletedConsumer {
  constructor(
    private readonly idempotency: EmailIdempotency,
    private readonly sendReceipt: SendReceipt,
  ) {}

  @EventPattern(PAYMENT_COMPLETED, LANES, extras)
  async onPaymentCompleted(@Payload() event: DecodedEvent): Promise<Applied> {
    return await this.idempotency.once(event.data, (claim) =>
      this.sendReceipt.run(event.data, claim),
    );
  }
}
