import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { CE_HEADERS } from './cloud-event.js';
import {
  encodePaymentCompleted,
  PAYMENT_COMPLETED_VERSIONS,
  paymentCompletedJsonSchema,
} from './payment-completed-versions.js';
import { TOPICS } from './topics.js';

const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

it.each(PAYMENT_COMPLETED_VERSIONS)(
  'the published JSON Schema of version %i is the schema that readers apply',
  (version) => {
    // To update the file, paste the value that this test prints when it fails.
    const file = `payment-completed${version === 1 ? '' : `-${version}`}.schema.json`;
    expect(JSON.parse(read(file))).toEqual(paymentCompletedJsonSchema(version));
  },
);

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

const event = {
  paymentId: '0198c0de-0000-7000-8000-000000000001',
  orderId: 'order-1',
  userId: 'alice',
  amountMinor: 1299,
  currency: 'EUR',
  completedAt: '2026-11-20T10:00:00.000Z',
  paymentVersion: 2,
};

it('a writer refuses an undeclared field, so that it never leaves payments', () => {
  expect(encodePaymentCompleted(event)).toBe(JSON.stringify(event));
  const leaky = { ...event, receiptEmail: 'alice@example.com' };
  expect(() => encodePaymentCompleted(leaky)).toThrow(/receiptEmail/);
});

it('the writer of version 1 leaves out the reference, and the writer of version 2 demands it', () => {
  const pspReference = 'pi_1';
  expect(encodePaymentCompleted({ ...event, pspReference })).toBe(JSON.stringify(event));
  const { amountMinor: minor, currency, ...rest } = event;
  expect(encodePaymentCompleted({ ...event, pspReference }, 2)).toBe(
    JSON.stringify({ ...rest, amount: { minor, currency }, pspReference }),
  );
  expect(() => encodePaymentCompleted(event, 2)).toThrow(/pspReference/);
  const leaky = { ...event, pspReference, receiptEmail: 'alice@example.com' };
  expect(() => encodePaymentCompleted(leaky, 2)).toThrow(/receiptEmail/);
});
