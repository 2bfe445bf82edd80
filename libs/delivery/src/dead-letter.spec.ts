import { PoisonRecord } from '@effectively-once/contracts';
import { deadLetterOf } from './dead-letter.js';
import { aRecord } from './testing/record.fixture.js';

const by = { consumer: 'email', now: new Date('2026-11-20T10:00:05Z'), appVersion: '1' } as const;
const failure = {
  error: new PoisonRecord('SchemaMismatch', 'amountMinor', 'amountMinor: too_small'),
  errorClass: 'poison' as const,
  attempts: 0,
  firstFailedAt: new Date('2026-11-20T10:00:00Z'),
};

it('keeps key, value bytes and headers, and says where the record lay and why it died', () => {
  const value = Buffer.from([0xff, 0x00, 0x7b]);
  const letter = deadLetterOf(
    aRecord({ partition: 3, offset: 42n, value, headers: { ce_id: Buffer.from('e-1') } }),
    failure,
    by,
  );
  expect(letter).toMatchObject({ topic: 'payment.completed.email.dlq', key: Buffer.from('alice') });
  expect(letter.value).toBe(value);
  expect(letter.headers).toEqual({
    ce_id: Buffer.from('e-1'),
    dlq_original_topic: 'payment.completed',
    dlq_original_partition: '3',
    dlq_original_offset: '42',
    dlq_original_timestamp: '1795168800000',
    dlq_consumer: 'email',
    dlq_error_class: 'poison',
    dlq_error_name: 'SchemaMismatch',
    dlq_error_message: 'amountMinor: too_small',
    dlq_attempts: '0',
    dlq_first_failed_at: '2026-11-20T10:00:00.000Z',
    dlq_dead_lettered_at: '2026-11-20T10:00:05.000Z',
    dlq_redrive_count: '0',
    dlq_app_version: '1',
  });
});

it('points to where the record first lay when it dies again after a redrive', () => {
  const redriven = aRecord({
    topic: 'payment.completed.email.redrive',
    partition: 1,
    offset: 5n,
    headers: {
      dlq_original_topic: Buffer.from('payment.completed'),
      dlq_original_partition: Buffer.from('3'),
      dlq_original_offset: Buffer.from('42'),
      dlq_original_timestamp: Buffer.from('1'),
      dlq_redrive_count: Buffer.from('2'),
      dlq_error_name: Buffer.from('Old'),
    },
  });
  expect(deadLetterOf(redriven, failure, by).headers).toMatchObject({
    dlq_original_topic: 'payment.completed',
    dlq_original_partition: '3',
    dlq_original_offset: '42',
    dlq_original_timestamp: '1',
    dlq_redrive_count: '2',
    dlq_error_name: 'SchemaMismatch',
  });
});

it("never repeats another server's words, which may name a person", () => {
  const error = Object.assign(new Error('550 <alice@example.com> unknown'), { code: 'EENVELOPE' });
  const { headers } = deadLetterOf(aRecord(), { ...failure, error }, by);
  expect(JSON.stringify(headers)).not.toContain('alice@example.com');
  expect(headers.dlq_error_message).toBe('unexpected Error (code EENVELOPE)');
});

it('cuts an error message at 1 kB without cutting a character in half', () => {
  const error = new PoisonRecord('SchemaMismatch', 'x', 'é'.repeat(2_000) + '!');
  const { headers } = deadLetterOf(aRecord(), { ...failure, error }, by);
  expect(headers.dlq_error_message).toBe('é'.repeat(512));
});
