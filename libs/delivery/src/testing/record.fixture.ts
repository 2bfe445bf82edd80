import type { KafkaRecord } from '@effectively-once/kafka';

/** A record that a test changes only where it matters. */
export function aRecord(changes: Partial<KafkaRecord> = {}): KafkaRecord {
  return {
    topic: 'payment.completed',
    partition: 0,
    offset: 0n,
    key: Buffer.from('alice'),
    value: Buffer.from('{}'),
    headers: {},
    timestampMs: Date.parse('2026-11-20T10:00:00Z'),
    ...changes,
  };
}
