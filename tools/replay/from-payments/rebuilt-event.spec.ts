import {
  decodePaymentCompleted,
  encodePaymentCompleted,
  type PaymentCompleted,
} from '@effectively-once/contracts';
import { headerTexts } from '@effectively-once/kafka';
import { rebuiltEventId } from './event-id.js';
import { rebuiltEvent } from './rebuilt-event.js';

const EVENT: PaymentCompleted = {
  paymentId: '01a1fe5f-8515-75bb-a270-f20b00a0dde7',
  orderId: 'order-1',
  userId: 'alice',
  amountMinor: 1299,
  currency: 'EUR',
  completedAt: '2026-11-20T12:00:00.123Z',
  paymentVersion: 2,
};
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const record = rebuiltEvent({ ...EVENT, traceparent });
const headers = headerTexts({
  headers: Object.fromEntries(
    Object.entries(record.headers).map(([name, value]) => [name, Buffer.from(value)]),
  ),
});

it('has the key and the bytes of the outbox row, and none of its columns more', () => {
  expect(record.key.toString()).toBe('alice');
  expect(record.value.toString()).toBe(encodePaymentCompleted(EVENT));
});

it('is an event that every consumer decodes, with an id of its own', () => {
  const decoded = decodePaymentCompleted({ key: record.key, value: record.value, headers });
  expect(decoded).toEqual({
    id: rebuiltEventId(EVENT.paymentId),
    time: EVENT.completedAt,
    traceparent,
    data: EVENT,
  });
});

it('has no header of a dead letter: neither console nor auditor look for one', () => {
  expect(Object.keys(headers).filter((name) => name.startsWith('dlq_'))).toEqual([]);
});
