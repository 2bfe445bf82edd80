import { CalledOff } from '../failure.js';
import { emptyNote, encodeNote, type Note } from './offset-metadata.js';
import { assertMayRun, type OneAtATime } from './poison-pill-isolation.js';

export interface CustodyOptions {
  partition: string;
  /** This process, as the group knows it. */
  memberName: string;
  oneAtATime: OneAtATime;
  /** Resolves when the note, as it is now, lies beside the committed offset. */
  flush: () => Promise<void>;
}

/**
 * What this member has to say about a partition to whoever holds it next: that it is at work on it, how
 * often it has tried what, and which record it runs alone because one here is suspected of killing.
 */
export class Custody {
  private note: Note = emptyNote();
  private holding: Promise<void> | undefined;
  private isOver = false;

  constructor(private readonly options: CustodyOptions) {}

  /** @param note what the member before left, already taken over. */
  begin(note: Note): void {
    this.note = note;
  }

  /** Before the first effect, so that a crash in it is seen by whoever comes next. */
  async hold(): Promise<void> {
    if (!this.holding) {
      this.note.holder = this.options.memberName;
      this.holding = this.options.flush();
    }
    await this.holding;
  }

  attemptsOf(offset: bigint): number {
    return this.note.attempts.get(offset) ?? 0;
  }

  async rememberAttempts(offset: bigint, count: number): Promise<void> {
    if (count === this.attemptsOf(offset)) return;
    if (count > 0) this.note.attempts.set(offset, count);
    else this.note.attempts.delete(offset);
    await this.options.flush();
  }

  /**
   * One attempt: alone in this process and marked before, while the record is suspected.
   * @throws KillsItsProcess without running it, when it has done so too often.
   * @throws CalledOff without running it, when the partition was closed meanwhile.
   */
  async attempt<Result>(offset: bigint, run: () => Promise<Result>): Promise<Result> {
    return await this.options.oneAtATime.run(async () => {
      if (this.isOver) throw new CalledOff();
      const { suspectedBelow } = this.note;
      if (suspectedBelow === undefined || offset >= suspectedBelow) return await run();
      assertMayRun(this.note, offset);
      return await this.marked(offset, run);
    });
  }

  /** @param endOffset where the partition ended when it was fetched last. */
  reached(watermark: bigint, endOffset: bigint): void {
    const { suspectedBelow } = this.note;
    if (suspectedBelow === undefined) return;
    // The killer had been fetched when it killed, so it is not past what was there then.
    if (watermark < suspectedBelow && watermark < endOffset) {
      this.options.oneAtATime.suspect(this.options.partition);
    } else {
      delete this.note.suspectedBelow;
      this.options.oneAtATime.acquit(this.options.partition);
    }
  }

  /** The watermark moved: whatever happened before it, nobody is stuck. */
  moved(): void {
    this.note.takeovers = 0;
  }

  /** What to write beside `watermark`. */
  noteAt(watermark: bigint): string {
    // Not when a record is settled: until the watermark has passed it, it may come again.
    forgetBelow(watermark, this.note.attempts);
    forgetBelow(watermark, this.note.deaths);
    return encodeNote(this.note);
  }

  /** Starts no attempt any more. From here on the note says that this member left of its own accord. */
  end(): void {
    this.isOver = true;
    delete this.note.holder;
  }

  private async marked<Result>(offset: bigint, run: () => Promise<Result>): Promise<Result> {
    this.note.runsAlone = offset;
    await this.options.flush();
    try {
      return await run();
    } finally {
      delete this.note.runsAlone;
      // Waited for: a death after this must not be put down to this record. Only closing ends the
      // wait early, and what came of the attempt stays true then.
      await this.options.flush().catch(() => undefined);
    }
  }
}

function forgetBelow(watermark: bigint, counts: Map<bigint, number>): void {
  for (const offset of counts.keys()) if (offset < watermark) counts.delete(offset);
}
