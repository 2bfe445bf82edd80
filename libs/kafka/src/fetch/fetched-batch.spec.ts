import type { Batch } from 'kafkajs';
import { fetchedRecords } from './fetched-batch.js';
import { correctOffsets, type FetchedMessage } from './record-batches.js';

interface RecordBatch {
  firstOffset: number;
  /** The offsets that its records claim. */
  offsets: number[];
  lastOffsetDelta?: number;
  isControl?: boolean;
}

function fetched(fetchedOffset: number, ...batches: RecordBatch[]) {
  const rawMessages = batches.flatMap(({ firstOffset, offsets, isControl, lastOffsetDelta }) => {
    const batchContext = {
      firstOffset: String(firstOffset),
      lastOffsetDelta: lastOffsetDelta ?? offsets.length - 1,
    };
    return offsets.map((offset) => ({
      offset: String(offset),
      timestamp: '0',
      isControlRecord: isControl === true,
      batchContext,
    }));
  });
  correctOffsets(rawMessages as unknown as FetchedMessage[]);
  const batch = { topic: 'topic', partition: 0, fetchedOffset: String(fetchedOffset), rawMessages };
  const { records, nextOffset } = fetchedRecords(batch as unknown as Batch);
  return { offsets: records.map(({ offset }) => Number(offset)), next: Number(nextOffset) };
}

it('keeps the offsets of a batch', () => {
  const read = fetched(5, { firstOffset: 5, offsets: [5, 6] }, { firstOffset: 7, offsets: [7] });
  expect(read).toEqual({ offsets: [5, 6, 7], next: 8 });
});

it('keeps the holes that compaction leaves', () => {
  const compacted = { firstOffset: 5, offsets: [6, 9], lastOffsetDelta: 7 };
  expect(fetched(5, compacted)).toEqual({ offsets: [6, 9], next: 13 });
});

it.each([
  ['beyond its batch', [1_000_005]],
  ['before its batch', [2]],
  ['twice', [5, 5, 5]],
  ['in the wrong order', [6, 5]],
])(
  'counts from the first offset of the batch, where a record claims an offset %s',
  (_, offsets) => {
    expect(fetched(5, { firstOffset: 5, offsets })).toEqual({
      offsets: offsets.map((_offset, index) => 5 + index),
      next: 5 + offsets.length,
    });
  },
);

it('passes over the end of a transaction, which is no record', () => {
  const end = { firstOffset: 6, offsets: [6], isControl: true };
  expect(fetched(5, { firstOffset: 5, offsets: [5] }, end)).toEqual({ offsets: [5], next: 7 });
});

it('leaves out the records of its first batch that are before the position', () => {
  expect(fetched(6, { firstOffset: 5, offsets: [5, 6, 7] })).toEqual({ offsets: [6, 7], next: 8 });
});
