import { rebuiltEvent } from '../../../replay/from-payments/rebuilt-event.js';
import { userMinuteOf } from './counts.js';

const event = {
  paymentId: '0198c0de-0000-7000-8000-000000000001',
  orderId: 'order-1',
  userId: 'alice',
  amountMinor: 1_299,
  currency: 'EUR',
  completedAt: '2026-11-20T10:00:59.999Z',
  paymentVersion: 2,
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
};
const at = { topic: 'payment.completed', partition: 0, offset: 0n, timestampMs: Date.now() };
const record = () => {
  const { headers, ...rest } = rebuiltEvent(event);
  const asBytes = Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)]);
  return { ...at, ...rest, headers: Object.fromEntries(asBytes) as Record<string, Buffer> };
};

it('a payment belongs to the minute in which it was completed, not in which it is read', () => {
  expect(userMinuteOf(record())).toBe('alice|2026-11-20T10:00');
});

it('a record that is no payment belongs to no user', () => {
  expect(userMinuteOf({ ...record(), value: Buffer.from('no JSON') })).toBeUndefined();
});
