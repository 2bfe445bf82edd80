import { Readable } from 'node:stream';
import { addressFault, type PaymentCompleted } from '@effectively-once/contracts';
import { PermanentFailure } from '@effectively-once/delivery';
import { Inject, Injectable } from '@nestjs/common';
import { LEASE_LEFT_MIN_MS, SMTP_TIMEOUT_MS } from './config.js';
import { receiptMail } from './receipt-mail.js';
import type { ReceiptClaim } from './receipt-claims.js';
import { EmailCircuits } from './servers/circuits.js';
import { Recipients } from './servers/recipients.js';
import { smtpFailure, LeaseTooShort, type SmtpError } from './servers/smtp-failure.js';
import { SMTP, type Smtp } from './servers/smtp.js';

/** Mails one receipt under a claim. */
@Injectable()
export class SendReceipt {
  constructor(
    @Inject(SMTP) private readonly smtp: Smtp,
    private readonly recipients: Recipients,
    private readonly circuits: EmailCircuits,
  ) {
    smtp.use('stream', holdContentUntilAllowed);
  }

  /** @throws MaybeSent if the mail may have been sent; any other error: it was not sent. */
  async run(event: PaymentCompleted, claim: ReceiptClaim): Promise<void> {
    const { payments, smtp } = this.circuits;
    const recipient = await payments.call(event.userId, () => this.recipients.of(event.paymentId));
    if (addressFault(recipient.receiptEmail) !== undefined) {
      throw new PermanentFailure('RecipientRefused', 'the address cannot be mailed to');
    }
    let contentStarted = false;
    const mail: GuardedMail = {
      ...receiptMail(event, recipient, claim.messageId),
      signal: AbortSignal.timeout(SMTP_TIMEOUT_MS),
      beforeContent: () => {
        // A process that was frozen since its claim would send a second mail beside the new owner.
        if (claim.leaseLeftMs() < LEASE_LEFT_MIN_MS) throw new LeaseTooShort();
        contentStarted = true;
      },
    };
    await smtp.call(event.userId, async () => {
      try {
        await this.smtp.sendMail(mail);
      } catch (error) {
        throw smtpFailure(error as SmtpError, contentStarted);
      }
    });
  }
}

type GuardedMail = Parameters<Smtp['sendMail']>[0] & { beforeContent: () => void };

/**
 * Checks the lease at the last moment. nodemailer reads the stream of a message only after the
 * server has accepted DATA, so the stream starts with the check. If the check throws, nodemailer
 * cuts the connection without the closing dot, and the server discards the mail (RFC 5321
 * §4.1.1.4).
 */
const holdContentUntilAllowed: Parameters<Smtp['use']>[1] = (mail, callback) => {
  const { beforeContent } = mail.data as unknown as GuardedMail;
  const open = mail.message.createReadStream.bind(mail.message);
  mail.message.createReadStream = (options?: object) => {
    async function* content() {
      beforeContent();
      yield* open(options);
    }
    return Readable.from(content(), { objectMode: false });
  };
  callback();
};
