import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@elastic/elasticsearch';

const EVERY_MS = 100;

/**
 * When a document came into the index. Elasticsearch stores no such time, but it numbers its writes
 * (`_seq_no`). So we look at the highest number every 100 ms; a time is late by up to that.
 */
export class DocumentClock {
  private readonly samples: { atMs: number; seqNo: number }[] = [];
  private readonly ended = new AbortController();
  private readonly watching: Promise<void>;

  constructor(private readonly elasticsearch: Client) {
    this.watching = this.watch();
  }

  /** Of the write with this number. NaN if the clock did not run then. */
  timeOf(seqNo: number): number {
    let [low, high] = [0, this.samples.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.samples[middle]!.seqNo < seqNo) low = middle + 1;
      else high = middle;
    }
    return this.samples[low]?.atMs ?? NaN;
  }

  async stop(): Promise<void> {
    this.ended.abort();
    await this.watching;
  }

  private async watch(): Promise<void> {
    while (!this.ended.signal.aborted) {
      const seqNo = await highestSeqNo(this.elasticsearch).catch(() => undefined);
      if (seqNo !== undefined) this.samples.push({ atMs: Date.now(), seqNo });
      await sleep(EVERY_MS, undefined, { signal: this.ended.signal }).catch(() => undefined);
    }
  }
}

async function highestSeqNo(elasticsearch: Client): Promise<number> {
  const { indices } = await elasticsearch.indices.stats({
    index: 'payments',
    metric: 'indexing',
    level: 'shards',
    filter_path: 'indices.*.shards.*.seq_no',
  });
  const shards = Object.values(indices ?? {}).flatMap((index) =>
    Object.values(index.shards ?? {}).flat(),
  );
  return Math.max(-1, ...shards.map((shard) => shard.seq_no?.max_seq_no ?? -1));
}
