export interface MicroBatchOptions<Item, Result> {
  /** The most items in one batch. */
  sizeMax: number;
  /** The most batches in flight. Items that arrive meanwhile wait for the next batch. */
  inFlightMax: number;
  /** Resolves with one outcome per item, in order. A rejection fails every item of the batch. */
  run: (items: Item[]) => Promise<PromiseSettledResult<Result>[]>;
}

interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Group commit: many items share one request, and each has its own promise. A single item is sent
 * at once. Items that arrive while requests are in flight share the next request. So batches grow
 * with the load, and at low load no item waits.
 */
export class MicroBatch<Item, Result> {
  private readonly waiting: Waiting<Item, Result>[] = [];
  private inFlight = 0;
  private isScheduled = false;

  constructor(private readonly options: MicroBatchOptions<Item, Result>) {}

  async add(item: Item): Promise<Result> {
    return await new Promise<Result>((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.schedule();
    });
  }

  // Not at once: lanes that become ready in the same turn share one batch.
  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.sendWhatWaits();
    });
  }

  private sendWhatWaits(): void {
    while (this.waiting.length > 0 && this.inFlight < this.options.inFlightMax) {
      void this.send(this.waiting.splice(0, this.options.sizeMax));
    }
  }

  private async send(batch: Waiting<Item, Result>[]): Promise<void> {
    this.inFlight += 1;
    try {
      const outcomes = await this.options.run(batch.map(({ item }) => item));
      batch.forEach(({ resolve, reject }, index) => {
        const outcome = outcomes[index];
        if (outcome?.status === 'fulfilled') resolve(outcome.value);
        else
          reject(
            outcome
              ? outcome.reason
              : new Error('a batch left one of its items without an outcome'),
          );
      });
    } catch (error) {
      batch.forEach(({ reject }) => reject(error));
    } finally {
      this.inFlight -= 1;
      this.sendWhatWaits();
    }
  }
}
