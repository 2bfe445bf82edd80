import {
  appVersion,
  brokerList,
  failurePointsFolder,
  httpUrl,
  kafkaSessionTimeoutMs,
  nodeEnv,
  port,
} from '@effectively-once/platform';
import { z } from 'zod';

export const emailConfig = z.object({
  NODE_ENV: nodeEnv,
  APP_VERSION: appVersion,
  EMAIL_PORT: port,
  KAFKA_BROKERS: brokerList,
  KAFKA_SESSION_TIMEOUT_MS: kafkaSessionTimeoutMs,
  REDIS_URL: z.url({ protocol: /^rediss?$/ }),
  SMTP_URL: z.url({ protocol: /^smtps?$/ }),
  /** Where a receipt's address is asked for: it is in no event. */
  PAYMENTS_URL: httpUrl,
  SERVICE_TOKEN: z.string().min(16),
  /** Tells whether a Message-ID was accepted. */
  MAIL_PROVIDER_URL: httpUrl,
  FAILURE_POINTS: failurePointsFolder,
});

export type EmailConfig = z.infer<typeof emailConfig>;

/** Seven days, as the contract's retention sum needs it (asserted at start). */
export const RECEIPT_MARK_TTL_MS = 7 * 24 * 3_600_000;
/** From claiming a receipt to being presumed dead. */
export const LEASE_MS = 15_000;
/** Connecting, the envelope and the content together. Must stay below the lease. */
export const SMTP_TIMEOUT_MS = 7_000;
/** One question to payments or to the mail provider. */
export const ASK_TIMEOUT_MS = 2_000;
export const REDIS_TIMEOUT_MS = 2_000;
/** The claim, the address and the mail. (For an old event the provider is asked too; there are few.) */
export const EFFECT_TIMEOUT_MS = REDIS_TIMEOUT_MS + ASK_TIMEOUT_MS + SMTP_TIMEOUT_MS;
/** 1,150 mails a second at 20 ms each are 23 at once; the rest is room for the slower ones. */
export const SMTP_CONNECTIONS_MAX = 32;
/** What must be left of the lease when the content starts to flow. */
export const LEASE_LEFT_MIN_MS = 3_000;
/** Past this age the mark may be gone, so the mail provider is asked before sending. */
export const ASK_PROVIDER_AFTER_MS = 6 * 24 * 3_600_000;
