import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TopicFiles } from './topic-files.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'topics-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** A batch as the broker stores it: base offset, length, and so many bytes. */
function batch(baseOffset: number, bytes: number): Buffer {
  const whole = Buffer.alloc(12 + bytes, 7);
  whole.writeBigInt64BE(BigInt(baseOffset), 0);
  whole.writeInt32BE(bytes, 8);
  return whole;
}

function partition(name: string, ...batches: Buffer[]): string {
  mkdirSync(join(folder, name), { recursive: true });
  const file = join(folder, name, '00000000000000000000.log');
  writeFileSync(file, Buffer.concat(batches));
  return file;
}

const values = (files: TopicFiles) =>
  Object.fromEntries(
    files.read().map(({ where, what, value }) => [`${where} ${what}`, value] as const),
  );

it('adds up the partitions of a topic', () => {
  partition('payment.completed-0', batch(0, 88), batch(3, 100));
  partition('payment.completed-1', batch(0, 38));
  writeFileSync(join(folder, 'payment.completed-0', '00000000000000000000.index'), 'x');
  writeFileSync(join(folder, 'meta.properties'), 'x');
  expect(values(new TopicFiles(folder))).toEqual({
    'topic payment.completed batches': 3,
    'topic payment.completed log': 262,
  });
});

it('counts a batch that is being written only when it is complete', () => {
  const file = partition('a-0', batch(0, 88), batch(1, 100).subarray(0, 50));
  const files = new TopicFiles(folder);
  expect(values(files)).toEqual({ 'topic a batches': 1, 'topic a log': 100 });
  appendFileSync(file, batch(1, 100).subarray(50));
  expect(values(files)).toEqual({ 'topic a batches': 2, 'topic a log': 212 });
});

it('counts a file anew that was compacted, and does not stop at unused space', () => {
  partition('a-0', batch(0, 88), batch(1, 100));
  const files = new TopicFiles(folder);
  files.read();
  partition('a-0', batch(1, 100), Buffer.alloc(40));
  expect(values(files)).toEqual({ 'topic a batches': 1, 'topic a log': 112 });
});

it('has nothing of a folder that is not on this machine', () => {
  expect(new TopicFiles(join(folder, 'missing')).read()).toEqual([]);
});
