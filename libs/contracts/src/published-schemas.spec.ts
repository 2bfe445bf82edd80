import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { CE_HEADERS } from './cloud-event.js';
import { encodePaymentCompleted, paymentCompletedJsonSchema } from './payment-completed.js';
import { TOPICS } from './topics.js';

const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

it('the published JSON Schema is the schema that readers apply', () => {
  // To update the file, paste the value that this test prints when it fails.
  expect(JSON.parse(read('payment-completed.schema.json'))).toEqual(paymentCompletedJsonSchema());
});

it('the AsyncAPI file names the topics and headers of the code', () => {
  const asyncapi = parse(read('asyncapi.yaml')) as {
    channels: Record<string, { address: string }>;
    components: { messages: { paymentCompleted: { headers: { required: string[] } } } };
  };
  const addresses = Object.values(asyncapi.channels).map(({ address }) => address);
  const events = TOPICS.map(({ name }) => name).filter((name) => name.startsWith('payment.'));
  expect(addresses.sort()).toEqual(events.sort());
  const { traceparent: _optional, ...required } = CE_HEADERS;
  expect(asyncapi.components.messages.paymentCompleted.headers.required.sort()).toEqual(
    Object.values(required).sort(),
  );
});

it('a writer refuses an undeclared field, so that it never leaves payments', () => {
  const event = {
    paymentId: '0198c0de-0000-7000-8000-000000000001',
    orderId: 'order-1',
    userId: 'alice',
    amountMinor: 1299,
    currency: 'EUR',
    completedAt: '2026-11-20T10:00:00.000Z',
    paymentVersion: 2,
  };
  expect(encodePaymentCompleted(event)).toBe(JSON.stringify(event));
  const leaky = { ...event, receiptEmail: 'alice@example.com' };
  expect(() => encodePaymentCompleted(leaky)).toThrow(/receiptEmail/);
});
