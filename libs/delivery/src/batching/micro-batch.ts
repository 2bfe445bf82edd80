export interface MicroBatchOptions<Item, Result> {
  /** Most items that go out together. */
  sizeMax: number;
  /** Batches under way at once; while they are, what arrives makes up the next one. */
  inFlightMax: number;
  /** One outcome per item, in their order. If it rejects, every item of the batch fails with that error. */
  run: (items: Item[]) => Promise<PromiseSettledResult<Result>[]>;
}

interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Many items in one request, one promise each: group commit. An item alone goes out at once; what arrives
 * while requests are under way goes out together with the next, so batches grow with the load and a
 * quiet system waits for nothing.
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

  // Not at once: the lanes that became ready in this turn belong into one batch.
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
