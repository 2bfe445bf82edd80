export interface WaitingLane {
  lane: string;
  goOn: () => void;
}

/** The lanes that wait until a server may be tried again, the longest waiting first. */
export class WaitingLanes {
  private lanes: WaitingLane[] = [];

  constructor(private readonly changed: () => void) {}

  /** Resolves when the lane is taken or released. @throws the reason of `signal`. */
  async add(lane: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const cancelled = () => {
        this.lanes = this.lanes.filter((other) => other !== waiting);
        this.changed();
        reject(signal.reason as Error);
      };
      const goOn = () => {
        signal.removeEventListener('abort', cancelled);
        resolve();
      };
      const waiting = { lane, goOn };
      this.lanes.push(waiting);
      signal.addEventListener('abort', cancelled, { once: true });
      this.changed();
    });
  }

  /** Stops at `limit`: during an outage thousands of lanes may wait, and each new one asks. */
  areFewerThan(limit: number, isWanted: (lane: string) => boolean): boolean {
    let count = 0;
    for (const { lane } of this.lanes) {
      if (isWanted(lane)) count += 1;
      if (count === limit) return false;
    }
    return true;
  }

  /** Takes the first lane that is preferred, else the first; undefined when no lane waits. */
  take(isPreferred: (lane: string) => boolean): WaitingLane | undefined {
    const preferred = this.lanes.findIndex(({ lane }) => isPreferred(lane));
    return this.lanes.splice(Math.max(preferred, 0), 1)[0];
  }

  releaseAll(): void {
    this.lanes.splice(0).forEach(({ goOn }) => goOn());
  }
}
