import { PoisonRecord } from '@effectively-once/contracts';
import { BatchTooLarge } from '@effectively-once/kafka';
import { deadLetterOf, produceDeadLetter } from './dead-letter.js';
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

it('keeps the original position when it is dead-lettered again after a redrive', () => {
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

it('trusts no position that a producer wrote into the headers of its record', () => {
  const forged = aRecord({
    partition: 1,
    offset: 5n,
    headers: {
      dlq_original_topic: Buffer.alloc(500_000, 'x'),
      dlq_original_partition: Buffer.from('3'),
      dlq_original_offset: Buffer.from('42'),
      dlq_redrive_count: Buffer.from('many'),
      dlq_value_cut: Buffer.from('7'),
    },
  });
  const { headers } = deadLetterOf(forged, failure, by);
  expect(headers).toMatchObject({
    dlq_original_topic: 'payment.completed',
    dlq_original_partition: '1',
    dlq_original_offset: '5',
    dlq_redrive_count: '0',
  });
  // It is complete, so it is not called cut.
  expect(headers).not.toHaveProperty('dlq_value_cut');
});

describe('a dead letter that is too large for its topic', () => {
  const letter = () =>
    deadLetterOf(
      aRecord({
        key: Buffer.alloc(2_000, 'k'),
        value: null,
        headers: {
          ce_id: [Buffer.from('e-1'), Buffer.from('e-2')],
          ce_subject: Buffer.alloc(2_000, 's'),
          mine: Buffer.from('m'),
        },
      }),
      failure,
      by,
    );
  const producerThat = (answers: (Error | undefined)[]) => {
    const sent: Parameters<typeof produceDeadLetter>[1][] = [];
    const send = async (one: (typeof sent)[number]) => {
      sent.push(one);
      const error = answers.shift();
      if (error) throw error;
    };
    return { sent, send };
  };
  const tooLarge = new BatchTooLarge('a topic', {});

  it('is cut: key, value and headers, each with its number', async () => {
    const producer = producerThat([tooLarge]);
    await expect(produceDeadLetter(producer, letter())).resolves.toBe('cut');
    expect(producer.sent).toHaveLength(2);
    const { headers, ...cut } = producer.sent[1]!;
    expect(cut).toEqual({
      topic: 'payment.completed.email.dlq',
      key: Buffer.alloc(1_024, 'k'),
      value: null,
    });
    expect(headers).toMatchObject({
      ce_id: [Buffer.from('e-1'), Buffer.from('e-2')],
      dlq_original_offset: '0',
      dlq_error_name: 'SchemaMismatch',
      dlq_value_cut: '0',
      dlq_key_cut: '2000',
      dlq_headers_cut: '2',
    });
    expect(headers).not.toHaveProperty('mine');
    expect(headers).not.toHaveProperty('ce_subject');
  });

  it('is not cut when the topic takes it, or refuses it for another reason', async () => {
    const taken = producerThat([]);
    await expect(produceDeadLetter(taken, letter())).resolves.toBe('whole');
    expect(taken.sent).toEqual([letter()]);
    const down = producerThat([new Error('no leader')]);
    await expect(produceDeadLetter(down, letter())).rejects.toThrow('no leader');
    expect(down.sent).toHaveLength(1);
  });
});
