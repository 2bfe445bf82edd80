import { createHash } from 'node:crypto';
import type { PaymentCompleted } from '@effectively-once/contracts';
import {
  IdempotencyCollision,
  LeaseHeld,
  type Applied,
  type IdempotencyStrategy,
} from '@effectively-once/delivery';
import { bulkhead } from 'cockatiel';
import type { EmailCircuits } from './circuits.js';
import { ASK_PROVIDER_AFTER_MS, SMTP_CONNECTIONS_MAX } from './config.js';
import type { MailProvider } from './mail-provider.js';
import type { Claim, ReceiptClaims } from './receipt-claims.js';
import { MaybeSent } from './smtp-failure.js';

/**
 * Email is at least once, with duplicates in one named window only.
 *
 * The mark (Redis) and the effect (a mail provider) are two systems that share no transaction, so one
 * has to come first. A mark before the mail can lose it, a mark after it can double it. We choose:
 *
 *   claim P: ──► mail ──► mark D:
 *            ✗ died here: nothing was mailed, the claim runs out, the next delivery mails
 *                     ✗ died here: mailed and not marked: the next delivery mails AGAIN
 *
 * The second ✗, from the end of the content until the mark is written, is the one window. Whoever
 * takes over a claim that ran out writes down that there may be two, in the same script, before sending.
 */
export class EmailIdempotency implements IdempotencyStrategy<PaymentCompleted, Claim> {
  readonly crashAfterEffect = 'may repeat';
  // No claim before there is a connection for its mail: the lease would run while the mail waits.
  private readonly mails = bulkhead(SMTP_CONNECTIONS_MAX, Infinity);

  constructor(
    private readonly claims: ReceiptClaims,
    private readonly provider: MailProvider,
    private readonly circuits: Pick<EmailCircuits, 'redis' | 'mailProvider'>,
  ) {}

  async once(event: PaymentCompleted, effect: (claim: Claim) => Promise<void>): Promise<Applied> {
    return await this.mails.execute(() => this.claimAndSend(event, effect));
  }

  private async claimAndSend(
    event: PaymentCompleted,
    effect: (claim: Claim) => Promise<void>,
  ): Promise<Applied> {
    const receipt = {
      paymentId: event.paymentId,
      messageId: messageIdOf(event.paymentId),
      fingerprint: fingerprintOf(event),
    };
    const result = await this.circuits.redis.call(event.userId, () => this.claims.claim(receipt));
    switch (result.kind) {
      case 'done':
        if (result.fingerprint !== receipt.fingerprint) {
          throw new IdempotencyCollision(['userId, amountMinor or currency']);
        }
        return 'duplicate';
      case 'held':
        throw new LeaseHeld(result.leaseLeftMs);
      case 'claimed':
        break;
      default:
        return result satisfies never;
    }

    const { claim } = result;
    const outcome = await this.send(event, claim, effect);
    // The mail is out, and the window is open until this is written: tried whatever the circuit says.
    await this.claims.markDone(claim, receipt);
    return outcome;
  }

  private async send(
    event: PaymentCompleted,
    claim: Claim,
    effect: (claim: Claim) => Promise<void>,
  ): Promise<Applied> {
    try {
      if (isOld(event) && (await this.hasAccepted(event, claim))) return 'duplicate';
      await effect(claim);
      return 'applied';
    } catch (error) {
      // Giving the claim back says "surely nothing was mailed". Only when that is known.
      if (error instanceof MaybeSent) await this.claims.endLease(claim);
      else await this.claims.release(claim);
      throw error;
    }
  }

  private async hasAccepted({ userId }: PaymentCompleted, { messageId }: Claim): Promise<boolean> {
    return await this.circuits.mailProvider.call(userId, () =>
      this.provider.hasAccepted(messageId),
    );
  }
}

// Nobody guarantees a mark for longer than its window, and a second coming may be the oldest thing
// in the topic. The provider remembers Message-IDs longer.
function isOld(event: PaymentCompleted): boolean {
  return Date.now() - Date.parse(event.completedAt) > ASK_PROVIDER_AFTER_MS;
}

/** The same for every attempt, so that the provider and the customer's mailbox can tell a repeat. */
export function messageIdOf(paymentId: string): string {
  return `<${paymentId}.receipt@effectively-once.example>`;
}

function fingerprintOf({ userId, amountMinor, currency }: PaymentCompleted): string {
  return createHash('sha256')
    .update(`${userId}\n${amountMinor}\n${currency}`)
    .digest('hex')
    .slice(0, 16);
}
