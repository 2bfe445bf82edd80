import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DependencyDown } from '@effectively-once/delivery';
import type { Logger } from '@effectively-once/platform';
import type { Redis, Result } from 'ioredis';
import { Counter, Gauge } from 'prom-client';
import { LEASE_MS, RECEIPT_MARKER_TTL_MS } from './config.js';
import { redisFailure } from './servers/redis-failure.js';

export const MAYBE_DUPLICATE_STREAM = 'email:maybe-duplicate';
const MARKERS_SINCE = 'email:markers-since';
const STREAM_LENGTH_MAX = 100_000;
const MARK_DONE_RETRY_MS = 250;
/** The clocks of payments and Redis. */
const CLOCKS_APART_MS = 5_000;

const maybeDuplicates = new Counter({
  name: 'email_maybe_duplicates_total',
  help: 'Receipts sent although an earlier attempt may have sent one',
});

new Gauge({
  name: 'email_dedup_window_seconds',
  help: 'How long the deduplication marker of a receipt lives',
}).set(RECEIPT_MARKER_TTL_MS / 1_000);

export interface Receipt {
  paymentId: string;
  messageId: string;
  /** Of the payment's content: other content under the same id is a collision, not a duplicate. */
  fingerprint: string;
}

/** The right to send one receipt until its lease ends. */
export interface ReceiptClaim {
  key: string;
  /** The fencing token: every later script compares it with the stored one. */
  token: string;
  messageId: string;
  /** By this process' monotonic clock, from before Redis granted the claim: never too long. */
  leaseLeftMs: () => number;
  /**
   * Redis has the markers of all receipts whose payments completed after this time. It may have
   * lost earlier ones: at a start, a failover or FLUSHDB, or because it evicted keys.
   */
  markersSinceMs: number;
}

export type ClaimResult =
  | { kind: 'claimed'; claim: ReceiptClaim }
  | { kind: 'leased_elsewhere'; leaseLeftMs: number }
  | { kind: 'done'; fingerprint: string };

/** The Lua scripts. They decide; this file only calls them. */
export interface ReceiptScripts {
  claim: string;
  markDone: string;
  release: string;
  endLease: string;
}

declare module 'ioredis' {
  interface RedisCommander<Context> {
    receiptClaim(...args: (string | number)[]): Result<[string, ...unknown[]], Context>;
    receiptMarkDone(...args: (string | number)[]): Result<number, Context>;
    receiptRelease(...args: (string | number)[]): Result<number, Context>;
    receiptEndLease(...args: (string | number)[]): Result<number, Context>;
  }
}

/** Runs the scripts of `email.idempotency.ts` in Redis. Retries where a failure would do harm. */
export class ReceiptClaims {
  constructor(
    private readonly redis: Redis,
    scripts: ReceiptScripts,
    private readonly log: Logger,
  ) {
    redis.defineCommand('receiptClaim', { numberOfKeys: 3, lua: scripts.claim });
    redis.defineCommand('receiptMarkDone', { numberOfKeys: 1, lua: scripts.markDone });
    redis.defineCommand('receiptRelease', { numberOfKeys: 1, lua: scripts.release });
    redis.defineCommand('receiptEndLease', { numberOfKeys: 1, lua: scripts.endLease });
  }

  async claim(receipt: Receipt): Promise<ClaimResult> {
    const { paymentId, messageId } = receipt;
    const key = `email:receipt:${paymentId}`;
    const token = randomUUID();
    const askedAtMs = performance.now();
    const [kind, detail, evicted, sinceMs] = await this.runClaim(key, token, receipt);
    if (kind === 'evicting') {
      const cause = new Error(`Redis may evict markers: maxmemory-policy is ${String(detail)}`);
      throw new DependencyDown('redis', { cause });
    }
    if (kind === 'done') return { kind, fingerprint: String(detail).split(':').at(-1) ?? '' };
    if (kind === 'leased_elsewhere') return { kind, leaseLeftMs: Number(detail) };
    if (Number(detail) > 1) {
      maybeDuplicates.inc();
      this.log.warn({ paymentId, attempt: detail }, 'this receipt may be a duplicate');
    }
    const markersSinceMs = evicted === '0' ? Number(sinceMs) + CLOCKS_APART_MS : Infinity;
    const leaseLeftMs = () => LEASE_MS - (performance.now() - askedAtMs);
    return { kind: 'claimed', claim: { key, token, messageId, leaseLeftMs, markersSinceMs } };
  }

  private async runClaim(key: string, token: string, receipt: Receipt) {
    try {
      return await this.redis.receiptClaim(
        key,
        MAYBE_DUPLICATE_STREAM,
        MARKERS_SINCE,
        token,
        LEASE_MS,
        RECEIPT_MARKER_TTL_MS,
        STREAM_LENGTH_MAX,
        receipt.paymentId,
        receipt.messageId,
        new Date().toISOString(),
      );
    } catch (error) {
      throw redisFailure(error);
    }
  }

  /**
   * Writes the deduplication marker. Retries while the lease lasts, because only this process knows
   * that the mail was sent. Does nothing if another delivery took over: that one writes it.
   */
  async markDone(claim: ReceiptClaim, { messageId, fingerprint }: Receipt): Promise<void> {
    const done = `D:${messageId}:${fingerprint}`;
    for (;;) {
      try {
        await this.redis.receiptMarkDone(claim.key, claim.token, done, RECEIPT_MARKER_TTL_MS);
        return;
      } catch (error) {
        if (claim.leaseLeftMs() < MARK_DONE_RETRY_MS) throw redisFailure(error);
        await sleep(MARK_DONE_RETRY_MS);
      }
    }
  }

  /** Nothing was mailed: the next delivery claims as if it were the first. */
  async release(claim: ReceiptClaim): Promise<void> {
    await this.orLetExpire(this.redis.receiptRelease(claim.key, claim.token));
  }

  /** The mail may have been sent: the next delivery takes over at once, and writes evidence. */
  async endLease(claim: ReceiptClaim): Promise<void> {
    await this.orLetExpire(this.redis.receiptEndLease(claim.key, claim.token));
  }

  // If Redis fails here, do not throw: that would hide the caller's own error. The lease expires
  // without help.
  private async orLetExpire(command: Promise<unknown>): Promise<void> {
    try {
      await command;
    } catch (error) {
      this.log.warn({ error: (error as Error).name }, 'a claim could not be released');
    }
  }
}
