import { Readable } from 'node:stream';
import type { PaymentCompleted } from '@effectively-once/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { EmailCircuits } from './circuits.js';
import { LEASE_LEFT_MIN_MS, SMTP_TIMEOUT_MS } from './config.js';
import { receiptMail } from './receipt-mail.js';
import type { Claim } from './receipt-claims.js';
import { Recipients } from './recipients.js';
import { asFailure, LeaseTooShort, type SmtpError } from './smtp-failure.js';
import { SMTP, type Smtp } from './smtp.js';

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

  /** @throws MaybeSent when it is not known whether the mail went out; anything else: it did not. */
  async run(event: PaymentCompleted, claim: Claim): Promise<void> {
    const { payments, smtp } = this.circuits;
    const recipient = await payments.call(event.userId, () => this.recipients.of(event.paymentId));
    let contentStarted = false;
    const mail: GuardedMail = {
      ...receiptMail(event, recipient, claim.messageId),
      signal: AbortSignal.timeout(SMTP_TIMEOUT_MS),
      beforeContent: () => {
        // A process frozen since it claimed would send next to whoever took its claim over.
        if (claim.leaseLeftMs() < LEASE_LEFT_MIN_MS) throw new LeaseTooShort();
        contentStarted = true;
      },
    };
    await smtp.call(event.userId, async () => {
      try {
        await this.smtp.sendMail(mail);
      } catch (error) {
        throw asFailure(error as SmtpError, contentStarted);
      }
    });
  }
}

type GuardedMail = Parameters<Smtp['sendMail']>[0] & { beforeContent: () => void };

/**
 * nodemailer reads a message's stream only when the server has said "go ahead" to DATA. A stream that
 * starts with a check therefore checks at the last moment; if it throws, the connection is cut without
 * the closing dot, and the server discards what it has (RFC 5321 §4.1.1.4).
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
