import { createHash } from 'node:crypto';

/** Our namespace for the ids of events that were built again. Never change it. */
const REBUILT_EVENTS = 'c0a86f4e-3d5b-5b0e-9d0b-6f1f6b0e2a57';

/**
 * The id of an event that is built from its payment's row. It is the same each time, so a consumer
 * or an operator recognises two replays of one payment. The outbox's own ids are of version 7.
 */
export const rebuiltEventId = (paymentId: string) => uuidV5(REBUILT_EVENTS, paymentId);

/** RFC 9562 §5.5: the id is the SHA-1 of a namespace and a name. */
export function uuidV5(namespace: string, name: string): string {
  const bytes = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest()
    .subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return [...parts, hex.slice(20)].join('-');
}
