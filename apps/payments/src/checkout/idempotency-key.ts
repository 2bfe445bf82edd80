import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { paymentsProblem } from '../http/payments-errors.js';

// Bare, or an RFC 8941 string; no character in it needs an escape.
const HEADER = /^(?:"([A-Za-z0-9_.:-]{1,255})"|([A-Za-z0-9_.:-]{1,255}))$/;

/**
 * The key of an `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header).
 * `k1` and `"k1"` are the same key.
 * @throws Problem `idempotency_key_required` or `idempotency_key_malformed`.
 */
export function idempotencyKey(header: string | string[] | undefined): string {
  if (header === undefined || header === '') throw paymentsProblem('idempotency_key_required');
  const match = HEADER.exec(String(header));
  const key = match?.[1] ?? match?.[2];
  if (key === undefined) throw paymentsProblem('idempotency_key_malformed');
  return key;
}

/** Equal for equal JSON (RFC 8785): the order of members and white space do not count. */
export function fingerprint(body: object): string {
  const canonical = canonicalize(body);
  if (canonical === undefined) throw new TypeError('a body without a canonical form');
  return createHash('sha256').update(canonical).digest('hex');
}
