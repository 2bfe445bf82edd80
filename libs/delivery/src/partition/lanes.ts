/** What a piece of work may do with the lane it is the head of. */
export interface Lane {
  /**
   * Lets the other lanes go on until `wait` is over. The rest of this lane waits with it.
   * @throws what `wait` throws.
   */
  park: (wait: () => Promise<void>) => Promise<void>;
}

export interface LanesOptions<Item> {
  /** Lanes at work at once. Those that are parked take no part in it. */
  lanesMax: number;
  /** Does one item. Must not reject: what should happen to a failure is decided in there. */
  work: (item: Item, lane: Lane) => Promise<void>;
  onParked?: (lanes: number) => void;
}

interface Queue<Item> {
  items: Item[];
  isParked: boolean;
}

/**
 * Runs items of one key in order, items of different keys at once, up to `lanesMax` of them.
 *
 *   key a   a1 ► a2 ► a3      at work
 *   key b   b1 ► b2           parked: b1 waits for its back-off, b2 behind it, nobody else
 *   key c   c1                waiting for one of the `lanesMax` slots, first come, first served
 */
export class Lanes<Item> {
  private readonly queues = new Map<string, Queue<Item>>();
  private slotsFree = 0;
  private readonly waitingForSlot: (() => void)[] = [];
  private waiting = 0;
  private parked = 0;
  private atWork = 0;
  private isClosed = false;
  private onIdle: (() => void) | undefined;

  constructor(private readonly options: LanesOptions<Item>) {}

  /** Items that wait although their lane is not parked: more than can be worked on now. */
  get backlog(): number {
    return this.waiting;
  }

  /** Nothing is worked on before this is called, once. */
  open(): void {
    for (let slot = 0; slot < this.options.lanesMax; slot += 1) this.freeSlot();
  }

  push(key: string, item: Item): void {
    const queue = this.queues.get(key);
    if (queue) {
      queue.items.push(item);
      if (!queue.isParked) this.waiting += 1;
      return;
    }
    const started: Queue<Item> = { items: [item], isParked: false };
    this.queues.set(key, started);
    this.waiting += 1;
    void this.runLane(key, started);
  }

  /** Starts nothing more, and resolves when nothing is at work, parked items included. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.waitingForSlot.splice(0).forEach((goOn) => goOn());
    if (this.atWork > 0) await new Promise<void>((resolve) => (this.onIdle = resolve));
  }

  private async runLane(key: string, queue: Queue<Item>): Promise<void> {
    for (let item = queue.items[0]; item !== undefined; item = queue.items[0]) {
      // Asked for anew for each item, so that a lane with a thousand items takes turns with the others.
      await this.takeSlot();
      if (this.isClosed) return;
      this.waiting -= 1;
      this.atWork += 1;
      await this.options.work(item, { park: (wait) => this.park(queue, wait) });
      this.atWork -= 1;
      queue.items.shift();
      this.freeSlot();
    }
    // In the same turn as the loop's last look: an item pushed in between would wait for ever.
    this.queues.delete(key);
  }

  private async park(queue: Queue<Item>, wait: () => Promise<void>): Promise<void> {
    this.setParked(queue, true);
    this.freeSlot();
    try {
      await wait();
    } finally {
      this.setParked(queue, false);
      await this.takeSlot();
    }
  }

  private setParked(queue: Queue<Item>, isParked: boolean): void {
    queue.isParked = isParked;
    this.parked += isParked ? 1 : -1;
    const behind = queue.items.length - 1;
    this.waiting += isParked ? -behind : behind;
    this.options.onParked?.(this.parked);
  }

  private async takeSlot(): Promise<void> {
    if (this.isClosed) return;
    if (this.slotsFree > 0) this.slotsFree -= 1;
    else await new Promise<void>((resolve) => this.waitingForSlot.push(resolve));
  }

  private freeSlot(): void {
    const next = this.waitingForSlot.shift();
    if (next) next();
    else this.slotsFree += 1;
    if (this.atWork === 0) this.onIdle?.();
  }
}
