import { assertDedupWindowCovers, RETENTION } from '@effectively-once/contracts';
import { consumerEnvironment, httpUrl, port } from '@effectively-once/platform';
import { z } from 'zod';

export const emailConfig = z.object({
  ...consumerEnvironment,
  EMAIL_PORT: port,
  REDIS_URL: z.url({ protocol: /^rediss?$/ }),
  SMTP_URL: z.url({ protocol: /^smtps?$/ }),
  /** Email asks payments for the address of a receipt, because no event contains it. */
  PAYMENTS_URL: httpUrl,
  SERVICE_TOKEN: z.string().min(16),
  /** Answers whether the mail provider accepted a Message-ID. */
  MAIL_PROVIDER_URL: httpUrl,
});

export type EmailConfig = z.infer<typeof emailConfig>;

/** How long a deduplication marker lives: the deduplication window, 7 days. */
export const RECEIPT_MARKER_TTL_MS = 7 * 24 * 3_600_000;
/** After this time another delivery may take a claim over. */
export const LEASE_MS = 15_000;
/** Connecting, envelope and content together. Must be shorter than the lease. */
export const SMTP_TIMEOUT_MS = 6_000;
/** One HTTP request to payments or to the mail provider. */
export const ASK_TIMEOUT_MS = 2_000;
/** One request for the addresses of several receipts. After it, each is asked for alone. */
export const BATCH_TIMEOUT_MS = 500;
export const REDIS_TIMEOUT_MS = 2_000;
/** A batch waits for at most one batch before it. */
const ADDRESS_TIMEOUT_MS = 2 * BATCH_TIMEOUT_MS + ASK_TIMEOUT_MS;
/** Claim, address and mail. (For a few old events email asks the mail provider too.) */
export const EFFECT_TIMEOUT_MS = REDIS_TIMEOUT_MS + ADDRESS_TIMEOUT_MS + SMTP_TIMEOUT_MS;
/** 1,150 mails per second at 20 ms each need 23 connections; the rest is for slower mails. */
export const SMTP_CONNECTIONS_MAX = 32;
/** The least that must be left of the lease when the content is sent. */
export const LEASE_LEFT_MIN_MS = 3_000;

/**
 * Refuses limits under which email could mail twice outside the named duplicate window.
 * @throws Error
 */
export function assertLimitsHold(): void {
  assertDedupWindowCovers({ ...RETENTION, dedupWindowMs: RECEIPT_MARKER_TTL_MS });
  if (SMTP_TIMEOUT_MS >= LEASE_MS) throw new Error('a mail may take longer than its lease');
}
