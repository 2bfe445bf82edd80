import {
  CE_HEADERS,
  decodePaymentCompleted,
  encodePaymentCompleted,
  PAYMENT_COMPLETED_SCHEMAS,
  paymentCompletedRead,
  type EventHeaders,
} from '@effectively-once/contracts';
import { z } from 'zod';

/** A record as it stands in the topic. The value is its JSON, parsed. */
export interface EventInTopic {
  key: string;
  headers: EventHeaders;
  value: Record<string, unknown>;
}

/** What a reader believes that happened, or what the writer meant. */
export interface Understood {
  kind: 'payment' | 'reversal';
  amountMinor: number;
  currency: string;
}

/** One way to change the event. The old version is version 1, which payments publishes. */
export interface SchemaChange {
  name: string;
  /** The new writer's record of the same payment. */
  write: (old: EventInTopic) => EventInTopic;
  /** What that record means, if it is not the old meaning. */
  means?: Partial<Understood>;
  /** The new reader. @throws Error that makes the record a dead letter. */
  read: (event: EventInTopic) => Understood;
}

const fields = paymentCompletedRead.shape;
const payment = ({ amountMinor, currency }: Pick<Understood, 'amountMinor' | 'currency'>) =>
  ({ kind: 'payment', amountMinor, currency }) as const;

/** The reader of a consumer that was deployed before there was a version 2. */
export function readVersion1(event: EventInTopic): Understood {
  const version = event.headers[CE_HEADERS.dataschema];
  if (version !== PAYMENT_COMPLETED_SCHEMAS[1]) throw new Error('not schema version 1');
  return readAsDeployed(event);
}

/** The reader of every consumer of this project, with its checks of key and headers. */
function readAsDeployed({ key, headers, value }: EventInTopic): Understood {
  const { data } = decodePaymentCompleted({
    key: Buffer.from(key),
    value: Buffer.from(JSON.stringify(value)),
    headers,
  });
  return payment(data);
}

const withValue = (old: EventInTopic, value: Record<string, unknown>): EventInTopic => ({
  ...old,
  value: { ...old.value, ...value },
});

const renamed = (old: EventInTopic): EventInTopic => {
  const { amountMinor, ...rest } = old.value;
  return { ...old, value: { ...rest, amount: amountMinor } };
};

const LATER_VERSION = 'https://effectively-once.example/schemas/payment-completed/9.json';
const REVERSED = 'payment.reversed';
const MINOR_UNITS = 100;
const inMajorUnits = (old: EventInTopic) =>
  withValue(old, { amountMinor: Number(old.value['amountMinor']) / MINOR_UNITS });
const readMajorUnits = ({ value }: EventInTopic): Understood => {
  const read = z.object({ ...fields, amountMinor: z.number() }).parse(value);
  return payment({ ...read, amountMinor: Math.round(read.amountMinor * MINOR_UNITS) });
};

const asVersion2 = (value: EventInTopic['value']) => {
  const event = { ...paymentCompletedRead.parse(value), pspReference: 'pi_1' };
  return JSON.parse(encodePaymentCompleted(event, 2)) as EventInTopic['value'];
};

export const SCHEMA_CHANGES: readonly SchemaChange[] = [
  {
    name: 'add an optional field',
    write: (old) => withValue(old, { channel: 'web' }),
    read: ({ value }) =>
      payment(z.object({ ...fields, channel: z.string().optional() }).parse(value)),
  },
  {
    name: 'add a required field',
    write: (old) => withValue(old, { channel: 'web' }),
    read: ({ value }) => payment(z.object({ ...fields, channel: z.string() }).parse(value)),
  },
  {
    name: 'rename a field',
    write: renamed,
    read: ({ value }) => {
      const { amount, currency } = z
        .object({ ...fields, amount: fields.amountMinor })
        .omit({ amountMinor: true })
        .parse(value);
      return payment({ amountMinor: amount, currency });
    },
  },
  {
    name: 'widen a type: number or text',
    write: (old) => withValue(old, { amountMinor: String(old.value['amountMinor']) }),
    read: ({ value }) =>
      payment(z.object({ ...fields, amountMinor: z.coerce.number() }).parse(value)),
  },
  {
    name: 'a new event type in the topic',
    write: (old) => ({ ...old, headers: { ...old.headers, [CE_HEADERS.type]: REVERSED } }),
    means: { kind: 'reversal' },
    read: ({ headers, value }) => ({
      ...payment(paymentCompletedRead.parse(value)),
      kind: headers[CE_HEADERS.type] === REVERSED ? 'reversal' : 'payment',
    }),
  },
  {
    name: 'a new field that turns the meaning',
    write: (old) => withValue(old, { kind: 'reversal' }),
    means: { kind: 'reversal' },
    read: ({ value }) => {
      const kind = z.enum(['payment', 'reversal']).default('payment');
      const read = z.object({ ...fields, kind }).parse(value);
      return { ...payment(read), kind: read.kind };
    },
  },
  {
    name: 'another meaning of a field: major units',
    write: inMajorUnits,
    read: readMajorUnits,
  },
  {
    name: 'the same with a new schema version',
    write: (old) => ({
      ...inMajorUnits(old),
      headers: { ...old.headers, [CE_HEADERS.dataschema]: LATER_VERSION },
    }),
    read: (event) =>
      event.headers[CE_HEADERS.dataschema] === LATER_VERSION
        ? readMajorUnits(event)
        : readVersion1(event),
  },
  {
    name: 'version 2: an amount with its currency',
    write: (old) => ({
      ...old,
      headers: { ...old.headers, [CE_HEADERS.dataschema]: PAYMENT_COMPLETED_SCHEMAS[2] },
      value: asVersion2(old.value),
    }),
    read: readAsDeployed,
  },
];
