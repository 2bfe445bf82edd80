import { connect } from 'node:net';

/**
 * Record batches as any producer may write them (Kafka's message format v2), byte by byte. kafkajs
 * refuses to write most of these, so it cannot test what happens when they are read.
 * https://kafka.apache.org/documentation/#recordbatch
 */
export interface RawRecord {
  key?: Buffer | null;
  value?: Buffer | null;
  /** Names are bytes, because a producer may write bytes that are not UTF-8. */
  headers?: [name: Buffer | string, value: Buffer | null][];
  /** Relative to the first offset of the batch. By default its index. */
  offsetDelta?: number;
  timestampDelta?: bigint;
}

export interface RawBatch {
  records: RawRecord[];
  timestamp?: bigint;
  /** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd, with the function that compresses. */
  codec?: { id: number; compress: (plain: Buffer) => Buffer };
  lastOffsetDelta?: number;
}

const MAGIC = 2;
const PRODUCE = 0;
// The first version in which the broker accepts zstd.
const PRODUCE_VERSION = 7;
const REPLY_WITHIN_MS = 15_000;

/** @returns the broker's error code: 0 if it has stored the batch. */
export async function produceRaw(options: {
  broker: string;
  topic: string;
  partition: number;
  batch: Buffer;
}): Promise<number> {
  const { topic, partition, batch } = options;
  const body = Buffer.concat([
    int16(-1), // no transaction
    int16(-1), // acks: all in-sync replicas
    int32(REPLY_WITHIN_MS),
    int32(1),
    text(topic),
    int32(1),
    int32(partition),
    int32(batch.length),
    batch,
  ]);
  const header = [int16(PRODUCE), int16(PRODUCE_VERSION), int32(1), text('raw producer')];
  const reply = await exchange(options.broker, Buffer.concat([...header, body]));
  // Correlation id, number of topics, name, number of partitions, partition, error code.
  return reply.readInt16BE(4 + 4 + 2 + Buffer.byteLength(topic) + 4 + 4);
}

/** The bytes of a record batch, with its checksum. */
export function encodeBatch(batch: RawBatch): Buffer {
  const { records, codec, timestamp = BigInt(Date.now()) } = batch;
  const { lastOffsetDelta = records.length - 1 } = batch;
  const plain = Buffer.concat(records.map(encodeRecord));
  const checked = Buffer.concat([
    int16(codec?.id ?? 0),
    int32(lastOffsetDelta),
    int64(timestamp),
    int64(timestamp),
    int64(-1n), // no producer id
    int16(-1),
    int32(-1),
    int32(records.length),
    codec ? codec.compress(plain) : plain,
  ]);
  const unchecked = [int32(-1), Buffer.from([MAGIC]), uint32(crc32c(checked))];
  const counted = Buffer.concat([...unchecked, checked]);
  return Buffer.concat([int64(0n), int32(counted.length), counted]);
}

function encodeRecord(record: RawRecord, index: number): Buffer {
  const { key = null, value = null, headers = [] } = record;
  const { offsetDelta = index, timestampDelta = 0n } = record;
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(timestampDelta),
    varint(BigInt(offsetDelta)),
    varBytes(key),
    varBytes(value),
    varint(BigInt(headers.length)),
    ...headers.flatMap(([name, bytes]) => [varBytes(Buffer.from(name)), varBytes(bytes)]),
  ]);
  return Buffer.concat([varint(BigInt(body.length)), body]);
}

async function exchange(broker: string, request: Buffer): Promise<Buffer> {
  const [host = '', port = ''] = broker.split(':');
  return await new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port) });
    socket.setTimeout(REPLY_WITHIN_MS, () => socket.destroy(new Error('no reply')));
    let received = Buffer.alloc(0);
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes]);
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
      socket.end();
      resolve(received.subarray(4));
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the broker closed the connection')));
    socket.write(Buffer.concat([int32(request.length), request]));
  });
}

const fixed = (bytes: number, write: (buffer: Buffer) => void) => {
  const buffer = Buffer.alloc(bytes);
  write(buffer);
  return buffer;
};
const int16 = (value: number) => fixed(2, (buffer) => buffer.writeInt16BE(value));
const int32 = (value: number) => fixed(4, (buffer) => buffer.writeInt32BE(value));
const uint32 = (value: number) => fixed(4, (buffer) => buffer.writeUInt32BE(value));
const int64 = (value: bigint) => fixed(8, (buffer) => buffer.writeBigInt64BE(value));
const text = (value: string) =>
  Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);

function varBytes(bytes: Buffer | null): Buffer {
  if (bytes === null) return varint(-1n);
  return Buffer.concat([varint(BigInt(bytes.length)), bytes]);
}

/** Zigzag, then seven bits a byte. */
function varint(value: bigint): Buffer {
  if (value >= 0n && value < 64n) return Buffer.from([Number(value) << 1]);
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

const CRC_TABLE = Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc >>> 0;
});

/** CRC-32C (Castagnoli), which Kafka puts over everything from the attributes on. */
function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
