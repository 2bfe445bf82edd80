import { Readable } from 'node:stream';
import type { PaymentCompleted } from '@effectively-once/contracts';
import { DependencyDown, PermanentFailure, RefusedForNow } from '@effectively-once/delivery';
import { Inject, Injectable } from '@nestjs/common';
import { LEASE_LEFT_MIN_MS, SMTP_TIMEOUT_MS } from './config.js';
import { receiptMail } from './receipt-mail.js';
import type { Claim } from './receipt-claims.js';
import { Recipients } from './recipients.js';
import { SMTP, type Smtp } from './smtp.js';

/** The content went out and no answer came back: the provider may have accepted it. */
export class MaybeSent extends Error {
  override readonly name = 'MaybeSent';
  readonly code: string;
  constructor(cause: SmtpError) {
    super('the mail provider did not answer', { cause });
    this.code = cause.code ?? 'unknown';
  }
}

/** Mails one receipt under a claim. */
@Injectable()
export class SendReceipt {
  constructor(
    @Inject(SMTP) private readonly smtp: Smtp,
    private readonly recipients: Recipients,
  ) {
    smtp.use('stream', holdContentUntilAllowed);
  }

  /** @throws MaybeSent when it is not known whether the mail went out; anything else: it did not. */
  async run(event: PaymentCompleted, claim: Claim): Promise<void> {
    const recipient = await this.recipients.of(event.paymentId);
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
    try {
      await this.smtp.sendMail(mail);
    } catch (error) {
      throw meaningOf(error as SmtpError, contentStarted);
    }
  }
}

/** What nodemailer rejects with. */
interface SmtpError extends Error {
  code?: string;
  /** The SMTP command that failed. */
  command?: string;
  /** The server's reply; absent when it gave none. */
  responseCode?: number;
}

/**
 * A mail can only be out if its content began to flow and no reply refused it. Replies: RFC 5321 §4.2.1,
 * 4xx may pass, 5xx will not. A 421, or a refusal that is not about this recipient or this message,
 * is about the server.
 */
function meaningOf(error: SmtpError, contentStarted: boolean): Error {
  const reply = error.responseCode;
  if (reply === undefined) {
    if (contentStarted) return new MaybeSent(error);
    return error instanceof LeaseTooShort || error.code === 'ESTREAM'
      ? new LeaseTooShort({ cause: error })
      : new DependencyDown('smtp', { cause: error });
  }
  const isAboutThisMail = error.code === 'EENVELOPE' || error.code === 'EMESSAGE';
  if (reply === 421 || !isAboutThisMail) return new DependencyDown('smtp', { cause: error });
  if (reply >= 500) {
    return error.code === 'EENVELOPE'
      ? new PermanentFailure('RecipientRefused', `the address was refused with ${reply}`)
      : new PermanentFailure('MessageRefused', `the message was refused with ${reply}`);
  }
  return new RefusedForNow('smtp', reply, { cause: error });
}

class LeaseTooShort extends Error {
  override readonly name = 'LeaseTooShort';
  constructor(options?: ErrorOptions) {
    super('too little of the lease is left to send', options);
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
