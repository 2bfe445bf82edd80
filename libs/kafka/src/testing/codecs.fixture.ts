import { gzipSync } from 'node:zlib';

/**
 * The codecs of Kafka, each in its simplest form: the formats allow blocks that are not compressed.
 * So a test needs no library for them.
 */
export const CODECS: Record<string, { id: number; compress: (plain: Buffer) => Buffer }> = {
  gzip: { id: 1, compress: gzipSync },
  snappy: { id: 2, compress: snappy },
  lz4: { id: 3, compress: lz4 },
  zstd: { id: 4, compress: zstd },
};

/** Snappy as Java writes it: a header, then blocks with their size. Each block is one literal. */
function snappy(plain: Buffer): Buffer {
  const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  const literal = Buffer.alloc(5);
  // The tag of a literal with a length of four bytes.
  literal[0] = 63 << 2;
  literal.writeUInt32LE(plain.length - 1, 1);
  const block = Buffer.concat([varint(plain.length), literal, plain]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(block.length);
  return Buffer.concat([header, size, block]);
}

/** An LZ4 frame of uncompressed blocks of 64 KB. */
function lz4(plain: Buffer): Buffer {
  const descriptor = Buffer.from([0x60, 0x40]);
  const checksum = (xxHash32(descriptor) >>> 8) & 0xff;
  const blocks: Buffer[] = [];
  for (let start = 0; start < plain.length; start += 65_536) {
    const block = plain.subarray(start, start + 65_536);
    const size = Buffer.alloc(4);
    size.writeUInt32LE((block.length | 0x80000000) >>> 0);
    blocks.push(size, block);
  }
  const magic = Buffer.from([0x04, 0x22, 0x4d, 0x18]);
  return Buffer.concat([magic, descriptor, Buffer.from([checksum]), ...blocks, Buffer.alloc(4)]);
}

/** A Zstandard frame of raw blocks (RFC 8878). */
function zstd(plain: Buffer): Buffer {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0]);
  header.writeUInt32LE(plain.length, 5);
  const blocks: Buffer[] = [];
  for (let start = 0; start < plain.length; start += 100_000) {
    const block = plain.subarray(start, start + 100_000);
    const isLast = start + 100_000 >= plain.length ? 1 : 0;
    const size = Buffer.alloc(3);
    size.writeUIntLE((block.length << 3) | isLast, 0, 3);
    blocks.push(size, block);
  }
  return Buffer.concat([header, ...blocks]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Buffer.from([...bytes, value]);
}

/** The checksum of an LZ4 frame, for less than 16 bytes. https://xxhash.com */
function xxHash32(bytes: Buffer): number {
  let hash = (374_761_393 + bytes.length) >>> 0;
  for (const byte of bytes) {
    hash = (hash + Math.imul(byte, 374_761_393)) >>> 0;
    hash = Math.imul((hash << 11) | (hash >>> 21), 2_654_435_761) >>> 0;
  }
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_519) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 13), 3_266_489_917) >>> 0;
  return (hash ^ (hash >>> 16)) >>> 0;
}
