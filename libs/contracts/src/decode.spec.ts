import { readFileSync } from 'node:fs';
import { decodePaymentCompleted, PoisonRecord } from './decode.js';

/** One golden record. Readers in any language can load it. */
interface Sample {
  name: string;
  record: { key: string; headers: Record<string, string>; value: string | null };
  event?: object;
  poison?: { code: string; field: string };
}

const samples = JSON.parse(
  readFileSync(new URL('./samples/payment-completed.json', import.meta.url), 'utf8'),
) as Sample[];

const decode = ({ key, headers, value }: Sample['record']) =>
  decodePaymentCompleted({
    key: Buffer.from(key),
    headers,
    value: value === null ? null : Buffer.from(value),
  });

function poisonOf(read: () => unknown): PoisonRecord {
  try {
    read();
  } catch (error) {
    if (error instanceof PoisonRecord) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

it.each(samples.filter(({ event }) => event))('reads a record $name', ({ record, event }) => {
  expect(decode(record)).toMatchObject({ id: record.headers['ce_id'], data: event });
  // The reader is tolerant: it drops fields that it does not know.
  expect(Object.keys(decode(record).data).sort()).toEqual(Object.keys(event ?? {}).sort());
});

it.each(samples.filter(({ poison }) => poison))(
  'names the faulty field of a record with $name',
  ({ record, poison }) => {
    expect(poisonOf(() => decode(record))).toMatchObject(poison ?? {});
  },
);

it('names the fault without quoting the value, which may be anything', () => {
  const [first] = samples;
  const secret = 'alice@example.com';
  for (const value of [`{"a":"${secret}"`, `{"amountMinor":"${secret}"}`, `"${secret}"`]) {
    const poison = poisonOf(() => decode({ ...first!.record, value }));
    expect(`${poison.message} ${poison.field}`).not.toContain(secret);
  }
});

it('refuses bytes that are not UTF-8', () => {
  const [first] = samples;
  const bytes = Buffer.from([0x22, 0xff, 0x22]);
  const read = () =>
    decodePaymentCompleted({ ...first!.record, key: Buffer.from('alice'), value: bytes });
  expect(poisonOf(read)).toMatchObject({ code: 'NotJson' });
});
