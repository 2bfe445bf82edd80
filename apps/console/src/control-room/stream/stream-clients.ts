import type { Writable } from 'node:stream';
import { freshGauge } from '@effectively-once/platform';
import { eventBytes, type EventRing } from './event-ring.js';
import { StreamClient } from './stream-client.js';

export const CLIENTS_MAX = 200;
const PING_EVERY_MS = 15_000;
/** A page that is loaded again leaves and comes back. The collectors need not stop for that. */
const IDLE_AFTER_MS = 5_000;
/** The longest timer of Node.js: 24.8 days. A stream of an older token ends then. */
const TIMER_MAX_MS = 2 ** 31 - 1;

export interface StreamClientsOptions {
  ring: EventRing;
  /** The data of a `snapshot`. */
  snapshot: () => unknown;
  /** The first client has come: start to collect. */
  onBusy: () => void;
  /** The last client left some seconds ago: collect nothing. */
  onIdle: () => void;
  now?: () => number;
  clientsMax?: number;
  idleAfterMs?: number;
  pingEveryMs?: number;
}

/** All open streams. They share one ring of events, and its bytes. Without any, nothing runs. */
export class StreamClients {
  private readonly clients = new Set<StreamClient>();
  private readonly openStreams = freshGauge(
    'control_room_streams',
    'Open event streams of the control room',
  );
  private readonly now: () => number;
  private pinging: NodeJS.Timeout | undefined;
  private idling: NodeJS.Timeout | undefined;
  private isBusy = false;
  private isClosed = false;

  constructor(private readonly options: StreamClientsOptions) {
    this.now = options.now ?? Date.now;
  }

  get count(): number {
    return this.clients.size;
  }

  /** The clients whose backlog was dropped. */
  get lagging(): number {
    return [...this.clients].filter(({ isLagging }) => isLagging).length;
  }

  /** What waits for clients that read slowly. Most of it is shared with the ring. */
  get backlogBytes(): number {
    return [...this.clients].reduce((sum, { backlogBytes }) => sum + backlogBytes, 0);
  }

  get isFull(): boolean {
    return this.isClosed || this.clients.size >= (this.options.clientsMax ?? CLIENTS_MAX);
  }

  /**
   * Continues after `lastEventId`, or begins with a snapshot.
   * @param expiresAtMs the stream ends then, because its token does.
   */
  add(response: Writable, client: { expiresAtMs: number; lastEventId?: string }): void {
    const added = new StreamClient({ response, snapshot: () => this.snapshot(), now: this.now });
    this.clients.add(added);
    this.openStreams.set(this.count);
    const leftMs = client.expiresAtMs - this.now();
    const expiry = setTimeout(() => added.end(), Math.min(Math.max(leftMs, 0), TIMER_MAX_MS));
    // The connection may fail at any time; then it closes, and the page connects again.
    response.on('error', () => undefined);
    response.on('close', () => {
      clearTimeout(expiry);
      this.clients.delete(added);
      this.openStreams.set(this.count);
      if (this.clients.size === 0) this.becomeIdleSoon();
    });
    this.becomeBusy();
    const missed = client.lastEventId && this.options.ring.after(client.lastEventId);
    if (missed) missed.forEach((event) => added.send(event));
    else added.send(this.snapshot());
  }

  /** Sends an event to all clients, and keeps it for those that come back. */
  broadcast(name: string, data: unknown): void {
    // An event that no client can resume from is not worth its bytes.
    if (!this.isBusy) return;
    const event = this.options.ring.append(name, data);
    for (const client of this.clients) client.send(event);
  }

  /** Ends all streams, and takes no more clients. For a process that ends. */
  close(): void {
    this.isClosed = true;
    for (const client of this.clients) client.end();
    clearTimeout(this.idling);
    this.becomeIdle();
  }

  private snapshot(): Buffer {
    return eventBytes('snapshot', this.options.snapshot(), this.options.ring.lastId);
  }

  private becomeBusy(): void {
    clearTimeout(this.idling);
    if (this.isBusy) return;
    this.isBusy = true;
    const ping = eventBytes('ping', {});
    const pingAll = () => this.clients.forEach((client) => client.ping(ping));
    this.pinging = setInterval(pingAll, this.options.pingEveryMs ?? PING_EVERY_MS);
    this.options.onBusy();
  }

  private becomeIdleSoon(): void {
    clearTimeout(this.idling);
    if (this.isClosed) return;
    const idleAfterMs = this.options.idleAfterMs ?? IDLE_AFTER_MS;
    this.idling = setTimeout(() => this.becomeIdle(), idleAfterMs);
  }

  private becomeIdle(): void {
    if (!this.isBusy) return;
    this.isBusy = false;
    clearInterval(this.pinging);
    this.options.ring.interrupt();
    this.options.onIdle();
  }
}
