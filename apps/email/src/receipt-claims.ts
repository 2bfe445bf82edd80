import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@effectively-once/platform';
import type { Redis, Result } from 'ioredis';
import { Counter } from 'prom-client';
import { LEASE_MS, RECEIPT_MARK_TTL_MS } from './config.js';
import { asFailure } from './redis-failure.js';

export const MAYBE_DUPLICATE_STREAM = 'email:maybe-duplicate';
const STREAM_LENGTH_MAX = 100_000;
const MARK_RETRY_MS = 250;

const maybeDuplicates = new Counter({
  name: 'email_maybe_duplicates_total',
  help: 'Receipts sent although an earlier send may have gone out',
});

export interface Receipt {
  paymentId: string;
  messageId: string;
  /** Of what the payment is: another one under the same id is a collision, not a duplicate. */
  fingerprint: string;
}

/** The right to send one receipt until its lease ends. */
export interface Claim {
  key: string;
  token: string;
  messageId: string;
  /** By this process' monotonic clock, counted from before Redis granted it: never too long. */
  leaseLeftMs: () => number;
}

export type ClaimResult =
  | { kind: 'claimed'; claim: Claim }
  | { kind: 'held'; leaseLeftMs: number }
  | { kind: 'done'; fingerprint: string };

// Redis' own clock judges the lease, so no two processes' clocks need to agree.
const NOW_MS = `local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)`;

/*
 * The evidence is written by the same script that takes a dead claim over, before anything is sent:
 * a crash cannot come between them, so there is no second mail without its line in the stream.
 */
const CLAIM = `
${NOW_MS}
local held = redis.call('GET', KEYS[1])
local attempt = 1
if held then
  if string.sub(held, 1, 2) == 'D:' then return {'done', held} end
  local leaseUntil, before = string.match(held, '^P:[^:]*:(%d+):(%d+)$')
  if tonumber(leaseUntil) > now then return {'held', tonumber(leaseUntil) - now} end
  attempt = tonumber(before) + 1
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*',
    'paymentId', ARGV[5], 'messageId', ARGV[6], 'at', ARGV[7])
end
redis.call('SET', KEYS[1],
  'P:' .. ARGV[1] .. ':' .. string.format('%d', now + ARGV[2]) .. ':' .. attempt, 'PX', ARGV[3])
return {'claimed', attempt}
`;

const OWNED = `local held = redis.call('GET', KEYS[1])
if not held or string.sub(held, 1, #ARGV[1] + 3) ~= 'P:' .. ARGV[1] .. ':' then return 0 end`;

const MARK_DONE = `${OWNED} redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) return 1`;
const RELEASE = `${OWNED} redis.call('DEL', KEYS[1]) return 1`;
// The claim stays, its lease over: the next attempt takes it over at once, and leaves evidence.
const END_LEASE = `${OWNED} local attempt = string.match(held, ':(%d+)$')
redis.call('SET', KEYS[1], 'P:' .. ARGV[1] .. ':0:' .. attempt, 'KEEPTTL') return 1`;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    receiptClaim(...args: (string | number)[]): Result<[string, ...unknown[]], Context>;
    receiptMarkDone(...args: (string | number)[]): Result<number, Context>;
    receiptRelease(...args: (string | number)[]): Result<number, Context>;
    receiptEndLease(...args: (string | number)[]): Result<number, Context>;
  }
}

/** The state of every receipt in Redis: `P:<token>:<leaseUntilMs>:<attempt>`, then `D:<messageId>:<fingerprint>`. */
export class ReceiptClaims {
  constructor(
    private readonly redis: Redis,
    private readonly logger: Logger,
  ) {
    redis.defineCommand('receiptClaim', { numberOfKeys: 2, lua: CLAIM });
    redis.defineCommand('receiptMarkDone', { numberOfKeys: 1, lua: MARK_DONE });
    redis.defineCommand('receiptRelease', { numberOfKeys: 1, lua: RELEASE });
    redis.defineCommand('receiptEndLease', { numberOfKeys: 1, lua: END_LEASE });
  }

  async claim(receipt: Receipt): Promise<ClaimResult> {
    const { paymentId, messageId } = receipt;
    const key = `email:receipt:${paymentId}`;
    const token = randomUUID();
    const askedAtMs = performance.now();
    const [kind, detail] = await this.runClaim(key, token, receipt);
    if (kind === 'done') return { kind, fingerprint: String(detail).split(':').at(-1) ?? '' };
    if (kind === 'held') return { kind, leaseLeftMs: Number(detail) };
    if (Number(detail) > 1) {
      maybeDuplicates.inc();
      this.logger.warn({ paymentId, attempt: detail }, 'this receipt may be a duplicate');
    }
    const leaseLeftMs = () => LEASE_MS - (performance.now() - askedAtMs);
    return { kind: 'claimed', claim: { key, token, messageId, leaseLeftMs } };
  }

  private async runClaim(key: string, token: string, receipt: Receipt) {
    try {
      return await this.redis.receiptClaim(
        key,
        MAYBE_DUPLICATE_STREAM,
        token,
        LEASE_MS,
        RECEIPT_MARK_TTL_MS,
        STREAM_LENGTH_MAX,
        receipt.paymentId,
        receipt.messageId,
        new Date().toISOString(),
      );
    } catch (error) {
      throw asFailure(error);
    }
  }

  /**
   * Tries for as long as the lease lasts: this process still knows that the mail is out, the next one
   * will not. Does nothing when another delivery took over: that one marks it.
   */
  async markDone(claim: Claim, { messageId, fingerprint }: Receipt): Promise<void> {
    const done = `D:${messageId}:${fingerprint}`;
    for (;;) {
      try {
        await this.redis.receiptMarkDone(claim.key, claim.token, done, RECEIPT_MARK_TTL_MS);
        return;
      } catch (error) {
        if (claim.leaseLeftMs() < MARK_RETRY_MS) throw asFailure(error);
        await sleep(MARK_RETRY_MS);
      }
    }
  }

  /** Nothing was mailed: the next delivery starts afresh. */
  async release(claim: Claim): Promise<void> {
    await this.orLetItRunOut(this.redis.receiptRelease(claim.key, claim.token));
  }

  /** It may have been mailed: the next delivery takes over at once, and leaves evidence. */
  async endLease(claim: Claim): Promise<void> {
    await this.orLetItRunOut(this.redis.receiptEndLease(claim.key, claim.token));
  }

  // Not thrown: the caller is on its way out with the error that matters, and a lease ends by itself.
  private async orLetItRunOut(command: Promise<unknown>): Promise<void> {
    try {
      await command;
    } catch (error) {
      this.logger.warn({ error: (error as Error).name }, 'a claim could not be given back');
    }
  }
}
