import { createHash } from 'node:crypto';
import { ASK_PROVIDER_AFTER_MS, type PaymentCompleted } from '@effectively-once/contracts';
import {
  IdempotencyCollision,
  LeaseHeld,
  type Applied,
  type IdempotencyStrategy,
} from '@effectively-once/delivery';
import type { Logger } from '@effectively-once/platform';
import { Inject, Injectable } from '@nestjs/common';
import { bulkhead } from 'cockatiel';
import type { Redis } from 'ioredis';
import { SMTP_CONNECTIONS_MAX } from './config.js';
import { ReceiptClaims, type ReceiptClaim } from './receipt-claims.js';
import { EmailCircuits } from './servers/circuits.js';
import { MailProvider } from './servers/mail-provider.js';
import { MaybeSent } from './servers/smtp-failure.js';

/**
 * Email as an idempotent consumer: at-least-once, and doubled only in one named duplicate window.
 *
 * The deduplication marker (Redis) and the effect (a mail) live in two systems that share no
 * transaction, so one of them must come first. A marker before the mail can lose the mail. A marker
 * after the mail can double it. We take a lease before the mail and write the marker after it:
 *
 *   claim P: ──► mail ──► marker D:
 *            ✗ crash here: nothing was mailed; the lease expires, and the next delivery mails
 *                     ✗ crash here: mailed without a marker; the next delivery mails AGAIN
 *
 * The second ✗ is the duplicate window: from the end of the content until the marker is written.
 * The script that takes over an expired lease writes evidence of a possible duplicate in the same
 * step, before the second mail is sent.
 */
@Injectable()
export class EmailIdempotency implements IdempotencyStrategy<PaymentCompleted, ReceiptClaim> {
  readonly crashAfterEffect = 'may repeat';
  // Bulkhead: claim only when the mail can have a connection. Otherwise its lease would run while
  // the mail waits for one.
  private readonly mails = bulkhead(SMTP_CONNECTIONS_MAX, Infinity);

  constructor(
    private readonly claims: ReceiptClaims,
    private readonly provider: MailProvider,
    @Inject(EmailCircuits) private readonly circuits: Pick<EmailCircuits, 'redis' | 'mailProvider'>,
  ) {}

  async once(
    event: PaymentCompleted,
    effect: (claim: ReceiptClaim) => Promise<void>,
  ): Promise<Applied> {
    return await this.mails.execute(() => this.claimAndSend(event, effect));
  }

  private async claimAndSend(
    event: PaymentCompleted,
    effect: (claim: ReceiptClaim) => Promise<void>,
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
      case 'leased_elsewhere':
        throw new LeaseHeld(result.leaseLeftMs);
      case 'claimed':
        break;
      default:
        return result satisfies never;
    }

    const { claim } = result;
    const outcome = await this.send(event, claim, effect);
    // The mail is sent: the duplicate window is open. Write the marker even with an open circuit.
    await this.claims.markDone(claim, receipt);
    return outcome;
  }

  private async send(
    event: PaymentCompleted,
    claim: ReceiptClaim,
    effect: (claim: ReceiptClaim) => Promise<void>,
  ): Promise<Applied> {
    try {
      const mayBeLost = mayHaveLostMarker(event, claim);
      if (mayBeLost && (await this.hasAccepted(event, claim.messageId))) return 'duplicate';
      await effect(claim);
      return 'applied';
    } catch (error) {
      // A released claim says "surely nothing was mailed". Release only when we know that.
      if (error instanceof MaybeSent) await this.claims.endLease(claim);
      else await this.claims.release(claim);
      throw error;
    }
  }

  private async hasAccepted({ userId }: PaymentCompleted, messageId: string): Promise<boolean> {
    return await this.circuits.mailProvider.call(userId, () =>
      this.provider.hasAccepted(messageId),
    );
  }
}

// Redis' own clock judges the lease, so the clocks of two processes need not agree.
const NOW_MS = `local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)`;

/*
 * email:receipt:<paymentId> = P:<token>:<leaseUntilMs>:<attempt>, then D:<messageId>:<fingerprint>.
 *
 * The script that takes over an expired lease also writes the evidence, before anything is sent.
 * Redis runs a script as one step, so no crash can come between them, and no second mail is without
 * its entry in the stream.
 *
 * While Redis may evict markers, the script grants no claim (fail closed). It asks for the policy
 * in the same step, because it can change at any time.
 *
 * email:markers-since = <run id>:<ms>: since when this server keeps every marker. Markers of before
 * may be missing after a start (a power cut, an older backup), a failover (a replica that had not
 * received them) and FLUSHDB. A start and a failover change the run id; FLUSHDB deletes the key.
 *
 * ARGV: token, lease ms, marker TTL ms, stream length max, paymentId, messageId, at.
 */
const CLAIM = `
${NOW_MS}
local stored = redis.call('GET', KEYS[1])
if stored and string.sub(stored, 1, 2) == 'D:' then return {'done', stored} end
local info = redis.call('INFO', 'memory', 'stats', 'server')
local policy = string.match(info, 'maxmemory_policy:([%w-]+)')
if policy ~= 'noeviction' then return {'evicting', policy} end
local evicted = string.match(info, 'evicted_keys:(%d+)')
local runId = string.match(info, 'run_id:(%w+)')
local since = redis.call('GET', KEYS[3])
if not since or string.sub(since, 1, #runId) ~= runId then
  since = runId .. ':' .. string.format('%d', now)
  redis.call('SET', KEYS[3], since)
end
local attempt = 1
if stored then
  local leaseUntil, before = string.match(stored, '^P:[^:]*:(%d+):(%d+)$')
  if tonumber(leaseUntil) > now then return {'leased_elsewhere', tonumber(leaseUntil) - now} end
  attempt = tonumber(before) + 1
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*',
    'paymentId', ARGV[5], 'messageId', ARGV[6], 'at', ARGV[7])
end
redis.call('SET', KEYS[1],
  'P:' .. ARGV[1] .. ':' .. string.format('%d', now + ARGV[2]) .. ':' .. attempt, 'PX', ARGV[3])
return {'claimed', attempt, evicted, string.sub(since, #runId + 2)}
`;

// ARGV[1] is the claim's token, used as a fencing token: a process that was frozen past its lease
// changes nothing after another delivery has taken the receipt over.
const OWNED = `local stored = redis.call('GET', KEYS[1])
if not stored or string.sub(stored, 1, #ARGV[1] + 3) ~= 'P:' .. ARGV[1] .. ':' then return 0 end`;

const MARK_DONE = `${OWNED} redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) return 1`;
const RELEASE = `${OWNED} redis.call('DEL', KEYS[1]) return 1`;
// The claim stays with an expired lease: the next attempt takes it over at once, with evidence.
const END_LEASE = `${OWNED} local attempt = string.match(stored, ':(%d+)$')
redis.call('SET', KEYS[1], 'P:' .. ARGV[1] .. ':0:' .. attempt, 'KEEPTTL') return 1`;

export function receiptClaims(redis: Redis, log: Logger): ReceiptClaims {
  const scripts = { claim: CLAIM, markDone: MARK_DONE, release: RELEASE, endLease: END_LEASE };
  return new ReceiptClaims(redis, scripts, log);
}

// The marker expires after 7 days, and a redelivered event may be the oldest record of the topic.
// Redis may have come back without it. The mail provider remembers longer.
function mayHaveLostMarker(event: PaymentCompleted, claim: ReceiptClaim): boolean {
  const atMs = Date.parse(event.completedAt);
  return Date.now() - atMs > ASK_PROVIDER_AFTER_MS || atMs < claim.markersSinceMs;
}

/** Equal for all attempts, so that the mail provider and the mailbox can detect a duplicate. */
export function messageIdOf(paymentId: string): string {
  return `<${paymentId}.receipt@effectively-once.example>`;
}

function fingerprintOf({ userId, amountMinor, currency }: PaymentCompleted): string {
  return createHash('sha256')
    .update(`${userId}\n${amountMinor}\n${currency}`)
    .digest('hex')
    .slice(0, 16);
}
