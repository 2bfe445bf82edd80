import { shown } from './letter-record.js';

const record = {
  topic: 'payment.completed.email.dlq',
  partition: 0,
  offset: 7n,
  key: null,
  value: null,
  headers: {},
  timestampMs: 0,
};

it.each([
  [-1, '1969-12-31T23:59:59.999Z'],
  [-(2 ** 62), '-4611686018427388000'],
])('shows a record with the timestamp %d', (timestampMs, timestamp) => {
  expect(shown({ ...record, timestampMs })).toMatchObject({ timestamp });
});

it('shows a record without key, value and headers', () => {
  expect(shown(record)).toMatchObject({ key: null, undecodable: { code: 'MissingHeader' } });
});
