import { Cancelled } from '../failure.js';
import { emptyMetadata, encodeMetadata, type OffsetMetadata } from './offset-metadata.js';
import { assertMayRun, type SerialMode } from './poison-pill-isolation.js';

export interface RecoveryStateOptions {
  partition: string;
  /** This process' name in the consumer group. */
  memberName: string;
  serialMode: SerialMode;
  /** Resolves when the present metadata is committed with the offset. */
  flush: () => Promise<void>;
}

/**
 * What the next owner of a partition must know after a crash: that this member owns the partition,
 * how many attempts it counted, and which record it runs alone (poison-pill isolation).
 */
export class RecoveryState {
  private metadata: OffsetMetadata = emptyMetadata();
  private claimed: Promise<void> | undefined;
  private isOver = false;

  constructor(private readonly options: RecoveryStateOptions) {}

  /** @param metadata of the previous owner, already taken over. */
  begin(metadata: OffsetMetadata): void {
    this.metadata = metadata;
  }

  /** Stores the owner before the first effect, so that the next owner sees a crash in it. */
  async claim(): Promise<void> {
    if (!this.claimed) {
      this.metadata.owner = this.options.memberName;
      this.claimed = this.options.flush();
    }
    await this.claimed;
  }

  attemptsOf(offset: bigint): number {
    return this.metadata.attempts.get(offset) ?? 0;
  }

  async rememberAttempts(offset: bigint, count: number): Promise<void> {
    if (count === this.attemptsOf(offset)) return;
    if (count > 0) this.metadata.attempts.set(offset, count);
    else this.metadata.attempts.delete(offset);
    await this.options.flush();
  }

  /**
   * Runs one attempt. An isolated record runs alone in this process, and is stored before it runs.
   * @throws KillsItsProcess without running it, when the record is a poison pill.
   * @throws Cancelled without running it, when the partition was closed meanwhile.
   */
  async attempt<Result>(offset: bigint, run: () => Promise<Result>): Promise<Result> {
    return await this.options.serialMode.run(async () => {
      if (this.isOver) throw new Cancelled();
      const { isolatedBelow } = this.metadata;
      if (isolatedBelow === undefined || offset >= isolatedBelow) return await run();
      assertMayRun(this.metadata, offset);
      return await this.runStored(offset, run);
    });
  }

  /** @param endOffset the partition's end offset at its last fetch. */
  watermarkIs(watermark: bigint, endOffset: bigint): void {
    const { isolatedBelow } = this.metadata;
    if (isolatedBelow === undefined) return;
    // The poison pill had been fetched when it killed its process, so it is below the end offset.
    if (watermark < isolatedBelow && watermark < endOffset) {
      this.options.serialMode.isolate(this.options.partition);
    } else {
      delete this.metadata.isolatedBelow;
      this.options.serialMode.release(this.options.partition);
    }
  }

  /** The watermark moved, so the takeovers before it were not caused by a stuck record. */
  watermarkMoved(): void {
    this.metadata.takeovers = 0;
  }

  /** The text to commit with `watermark`. */
  metadataAt(watermark: bigint): string {
    // Not as soon as a record is complete: it can be redelivered until the watermark has passed it.
    forgetBelow(watermark, this.metadata.attempts);
    forgetBelow(watermark, this.metadata.deaths);
    return encodeMetadata(this.metadata);
  }

  /** Starts no more attempts. From now on the metadata says that this member left gracefully. */
  end(): void {
    this.isOver = true;
    delete this.metadata.owner;
  }

  private async runStored<Result>(offset: bigint, run: () => Promise<Result>): Promise<Result> {
    this.metadata.runsAlone = offset;
    await this.options.flush();
    try {
      return await run();
    } finally {
      delete this.metadata.runsAlone;
      // Awaited, so that a later death is not attributed to this record. The flush fails only when
      // the partition closes; the result of the attempt is still valid then.
      await this.options.flush().catch(() => undefined);
    }
  }
}

function forgetBelow(watermark: bigint, counts: Map<bigint, number>): void {
  for (const offset of counts.keys()) if (offset < watermark) counts.delete(offset);
}
