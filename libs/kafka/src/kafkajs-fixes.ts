import { createRequire } from 'node:module';

/**
 * Corrects kafkajs 2.2.4 where bytes that any producer may write would stop its reader. kafkajs is
 * unmaintained, so no release will do it. Each correction has a test in foreign-bytes.int.spec.ts.
 */

interface Header {
  key: string;
  value: Buffer | null;
}

interface DecoderClass {
  prototype: { readVarIntArray: (decode: unknown) => { reduce?: unknown } };
}

const requireKafkajs = createRequire(import.meta.url);
const decoder = requireKafkajs('kafkajs/src/protocol/decoder') as DecoderClass;
const isolationLevel = requireKafkajs('kafkajs/src/protocol/isolationLevel') as Record<
  'READ_COMMITTED' | 'READ_UNCOMMITTED',
  number
>;

/**
 * Headers. kafkajs copies all headers for each further header, so a record of 1 MB with 150,000
 * headers takes it many minutes, without a heartbeat. And it reads `constructor` from the
 * prototype. Only the record decoder calls readVarIntArray, and then only `reduce` on the result.
 */
const readArray = decoder.prototype.readVarIntArray;
decoder.prototype.readVarIntArray = function (decode) {
  const headers = readArray.call(this, decode) as Header[];
  return { reduce: () => valuesByName(headers) };
};

/**
 * Reads committed and uncommitted records. An open transaction of any producer would hold up every
 * record behind it, for as long as its timeout. Our own events are in no transaction, and a forged
 * event is not more dangerous when its transaction is aborted.
 */
isolationLevel.READ_COMMITTED = isolationLevel.READ_UNCOMMITTED;

/**
 * A null value becomes an empty one: kafkajs cannot write null, so the record could not be
 * dead-lettered.
 */
function valuesByName(headers: Header[]): Record<string, Buffer | Buffer[]> {
  const values = new Map<string, Buffer[]>();
  for (const { key, value } of headers) {
    const bytes = value ?? Buffer.alloc(0);
    const before = values.get(key);
    if (before) before.push(bytes);
    else values.set(key, [bytes]);
  }
  const unwrapped = [...values].map(([name, [first, ...more]]) => [
    name,
    first && more.length === 0 ? first : values.get(name),
  ]);
  // Defines each name as an own property, also `__proto__`.
  return Object.fromEntries(unwrapped) as Record<string, Buffer | Buffer[]>;
}
