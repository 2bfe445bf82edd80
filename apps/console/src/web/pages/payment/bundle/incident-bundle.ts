import type { PaymentEvidence } from '../../../../control-room/wire/evidence.js';
import { asText, fromBase64 } from '../event-bytes.js';

export const BUNDLE_FORMAT = 'effectively-once/incident-bundle';
export const BUNDLE_VERSION = 1;
export const BUNDLE_BYTES_MAX = 1_000_000;

/** Everything about one payment in one file, to be opened where its system is not. */
export interface IncidentBundle {
  format: typeof BUNDLE_FORMAT;
  version: typeof BUNDLE_VERSION;
  exportedAt: string;
  /** The page that exported it. It is a link only if it is https. */
  source: string;
  evidence: PaymentEvidence;
}

/** Headers that our own event has. Another one may hold anything. */
const HEADERS = /^(ce_[a-z]+|content-type|traceparent)$/;
const EVENT_FIELDS = [
  'paymentId',
  'orderId',
  'userId',
  'amountMinor',
  'currency',
  'completedAt',
  'paymentVersion',
  // Version 2.
  'pspReference',
];
const REMOVED = '[removed]';

/**
 * The evidence has no place for a mail address, an idempotency key or a token. This keeps it so
 * where a text comes from outside: another producer may have written the event, and an order id or
 * a message of an error may look like an address.
 */
export function bundleOf(
  evidence: PaymentEvidence,
  { exportedAt, source }: { exportedAt: string; source: string },
): IncidentBundle {
  const cleaned = { ...evidence, event: null };
  return {
    format: BUNDLE_FORMAT,
    version: BUNDLE_VERSION,
    exportedAt,
    source,
    evidence: { ...(withoutSecrets(cleaned) as PaymentEvidence), event: eventOf(evidence.event) },
  };
}

export const fileNameOf = ({ evidence }: IncidentBundle): string =>
  `payment-${evidence.id}.incident.json`;

/** The bytes stay as they are, or they are left out: a changed event would be false evidence. */
function eventOf(event: PaymentEvidence['event']): PaymentEvidence['event'] {
  if (!event || !isOurs(event.valueBase64)) return null;
  const headers = Object.entries(event.headers).filter(
    ([name, value]) => HEADERS.test(name) && withoutSecrets(value) === value,
  );
  return { headers: Object.fromEntries(headers), valueBase64: event.valueBase64 };
}

function isOurs(valueBase64: string): boolean {
  const bytes = fromBase64(valueBase64);
  const text = bytes && asText(bytes);
  if (!text || withoutSecrets(text) !== text) return false;
  try {
    const value = JSON.parse(text) as unknown;
    return (
      typeof value === 'object' &&
      value !== null &&
      Object.keys(value).every((name) => EVENT_FIELDS.includes(name))
    );
  } catch {
    return false;
  }
}

const MAIL_ADDRESS = /[^\s@<>"'(),;:]{1,64}@[^\s@<>"'(),;:]{1,255}/g;
/** A JSON Web Token (RFC 7519), or a credential in a header. */
const TOKEN = /eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*|bearer\s+\S+/gi;

function withoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.replace(TOKEN, REMOVED).replace(MAIL_ADDRESS, REMOVED);
  }
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, each]) => [name, withoutSecrets(each)]);
  return Object.fromEntries(entries) as unknown;
}
