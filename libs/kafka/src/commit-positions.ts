import type { TopicPartition } from './record.js';

interface Position {
  /** The offset after the last record that was handed over; undefined if none was. */
  recordsEnd: bigint | undefined;
  /** The offset after everything fetched. */
  nextOffset: bigint;
  committed: { offset: bigint; metadata: string } | undefined;
  /** The commit in flight: one partition commits one offset after the other. */
  committing: Promise<void>;
}

/**
 * Commits also over offsets that hold no record. The end of a transaction takes an offset and is
 * never handed over, so nothing completes it. Uncommitted, it would be a lag that never ends.
 */
export class CommitPositions {
  private positions = new Map<string, Position>();

  constructor(
    private readonly send: (at: TopicPartition, offset: bigint, metadata: string) => Promise<void>,
  ) {}

  /** A rebalance: other members may own the partitions. */
  forget(): void {
    this.positions = new Map();
  }

  fetched(at: TopicPartition, to: Pick<Position, 'recordsEnd' | 'nextOffset'>): void {
    Object.assign(this.positionOf(at), to);
  }

  /** Nothing at all was handed over up to this offset. */
  skipped(at: TopicPartition, nextOffset: bigint): void {
    const position = this.positionOf(at);
    position.nextOffset = nextOffset;
    // A failed commit is repeated with the next one. After a rebalance the offset is skipped again.
    this.inOrder(position, () => this.commitSkipped(at, position)).catch(() => undefined);
  }

  async commit(at: TopicPartition, offset: bigint, metadata: string): Promise<void> {
    const position = this.positionOf(at);
    await this.inOrder(position, async () => {
      const isAllComplete = offset === position.recordsEnd;
      await this.send(at, isAllComplete ? position.nextOffset : offset, metadata);
      position.committed = { offset, metadata };
    });
  }

  private async commitSkipped(at: TopicPartition, position: Position): Promise<void> {
    const { recordsEnd, nextOffset, committed } = position;
    // Records before it are not complete yet. Their commit will include it.
    if (committed?.offset !== recordsEnd) return;
    await this.send(at, nextOffset, committed?.metadata ?? '');
  }

  private async inOrder(position: Position, commit: () => Promise<void>): Promise<void> {
    const before = position.committing;
    const done = before.catch(() => undefined).then(commit);
    position.committing = done;
    await done;
  }

  private positionOf({ topic, partition }: TopicPartition): Position {
    const name = `${topic}/${partition}`;
    const position = this.positions.get(name) ?? {
      recordsEnd: undefined,
      nextOffset: 0n,
      committed: undefined,
      committing: Promise.resolve(),
    };
    this.positions.set(name, position);
    return position;
  }
}
