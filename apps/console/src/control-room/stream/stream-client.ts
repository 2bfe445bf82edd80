import type { Writable } from 'node:stream';

/** What may wait for a client that reads slowly. Beyond that, a snapshot replaces the backlog. */
export const BACKLOG_MAX_BYTES = 256 * 1024;
/** A client that reads nothing for so long is a frozen tab or a dead connection. */
export const LAGGING_MAX_MS = 30_000;

export interface StreamClientOptions {
  response: Writable;
  /** The state of now as one event. It makes everything before it void. */
  snapshot: () => Buffer;
  now: () => number;
}

/**
 * One reader of the stream. Its backlog is bounded:
 *
 *   reading ── more than BACKLOG_MAX_BYTES wait ──► lagging: events are dropped
 *      ▲                                               │            │
 *      └── snapshot ◄── the socket has drained ────────┘            └─ LAGGING_MAX_MS ──► closed
 */
export class StreamClient {
  private laggingSinceMs: number | undefined;

  constructor(private readonly options: StreamClientOptions) {
    options.response.on('drain', () => this.catchUp());
  }

  get isLagging(): boolean {
    return this.laggingSinceMs !== undefined;
  }

  get backlogBytes(): number {
    return this.options.response.writableLength;
  }

  /** Sends, or drops the event while the client lags. */
  send(event: Buffer): void {
    const { response, now } = this.options;
    if (this.isLagging || response.destroyed || response.writableEnded) return;
    if (response.writableLength + event.length > BACKLOG_MAX_BYTES && response.writableLength > 0) {
      this.laggingSinceMs = now();
      return;
    }
    response.write(event);
  }

  /** To be called regularly. A write to a dead connection makes its failure known in the end. */
  ping(event: Buffer): void {
    const { response, now } = this.options;
    if (response.writableLength === 0) this.catchUp();
    if (this.laggingSinceMs === undefined) return this.send(event);
    if (now() - this.laggingSinceMs >= LAGGING_MAX_MS) response.destroy();
  }

  end(): void {
    const { response } = this.options;
    // A lagging client would not read the end either, and its connection would stay open.
    if (this.isLagging) response.destroy();
    else response.end();
  }

  private catchUp(): void {
    if (!this.isLagging) return;
    this.laggingSinceMs = undefined;
    this.send(this.options.snapshot());
  }
}
