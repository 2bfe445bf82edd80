/** What a running item may do with its lane. */
export interface Lane {
  /**
   * Parks this lane until `wait` ends: its later items wait too, and the other lanes continue.
   * @throws what `wait` throws.
   */
  park: (wait: () => Promise<void>) => Promise<void>;
}

export interface LanesOptions<Item> {
  /** Lanes that run at once. A parked lane uses no slot. */
  lanesMax: number;
  /** Processes one item. Must not reject: it handles its own failures. */
  work: (item: Item, lane: Lane) => Promise<void>;
  onParked?: (lanes: number) => void;
}

/** A lane as others see it. `waiting` counts the items behind its head. */
export interface LaneView<Item> {
  key: string;
  head: Item;
  isParked: boolean;
  waiting: number;
}

interface Queue<Item> {
  items: Item[];
  isParked: boolean;
}

/**
 * Key-ordered parallelism: items of one key run in order, up to `lanesMax` keys run at once.
 *
 *   key a   a1 ► a2 ► a3      running
 *   key b   b1 ► b2           parked: b1 waits for its backoff, only b2 waits behind it
 *   key c   c1                waits for one of the `lanesMax` slots, in order of arrival
 *
 * So head-of-line blocking is limited to one key.
 */
export class Lanes<Item> {
  private readonly queues = new Map<string, Queue<Item>>();
  private slotsFree = 0;
  private readonly waitingForSlot: (() => void)[] = [];
  private waiting = 0;
  private parked = 0;
  private running = 0;
  private isClosed = false;
  private onIdle: (() => void) | undefined;

  constructor(private readonly options: LanesOptions<Item>) {}

  /** Items that wait for a slot. Items in a parked lane do not count. */
  get backlog(): number {
    return this.waiting;
  }

  /** Starts the work. To be called once. */
  open(): void {
    for (let slot = 0; slot < this.options.lanesMax; slot += 1) this.freeSlot();
  }

  /** The lanes with items, in their order of arrival. */
  *all(): Iterable<LaneView<Item>> {
    for (const [key, { items, isParked }] of this.queues) {
      const [head] = items;
      if (head !== undefined) yield { key, head, isParked, waiting: items.length - 1 };
    }
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

  /** Starts no more items. Resolves when running and parked items have ended. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.waitingForSlot.splice(0).forEach((goOn) => goOn());
    if (this.running > 0) await new Promise<void>((resolve) => (this.onIdle = resolve));
  }

  private async runLane(key: string, queue: Queue<Item>): Promise<void> {
    for (let item = queue.items[0]; item !== undefined; item = queue.items[0]) {
      // A new slot for each item, so that a lane with many items takes turns with the others.
      await this.takeSlot();
      if (this.isClosed) return;
      this.waiting -= 1;
      this.running += 1;
      await this.options.work(item, { park: (wait) => this.park(queue, wait) });
      this.running -= 1;
      queue.items.shift();
      this.freeSlot();
    }
    // No `await` after the loop's last check: an item pushed in between would wait for ever.
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
    if (this.running === 0) this.onIdle?.();
  }
}
