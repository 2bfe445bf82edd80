/**
 * The latest events of the stream, already as bytes, so that all clients share them. A client that
 * was away gets what it missed, if the ring still holds all of it. Bounded by count and by bytes.
 *
 * An id is `<epoch>-<number>`. The epoch names this process: after a restart of the console each
 * old id is a gap.
 */
export class EventRing {
  private events: { number: number; bytes: Buffer }[] = [];
  private size = 0;
  private last = 0;

  constructor(private readonly limits: { epoch: string; eventsMax: number; bytesMax: number }) {}

  /** The id of the latest event. A snapshot of now carries it. */
  get lastId(): string {
    return `${this.limits.epoch}-${this.last}`;
  }

  get bytes(): number {
    return this.size;
  }

  /** @returns the event as the stream sends it. */
  append(name: string, data: unknown): Buffer {
    this.last += 1;
    const bytes = eventBytes(name, data, this.lastId);
    this.events.push({ number: this.last, bytes });
    this.size += bytes.length;
    const { eventsMax, bytesMax } = this.limits;
    while (this.events.length > eventsMax || this.size > bytesMax) {
      this.size -= this.events.shift()?.bytes.length ?? 0;
    }
    return bytes;
  }

  /** The events after this one; undefined if some of them are not in the ring: a gap. */
  after(id: string): Buffer[] | undefined {
    const { epoch } = this.limits;
    const number = id.startsWith(`${epoch}-`) ? id.slice(epoch.length + 1) : '';
    if (!/^\d{1,15}$/.test(number) || Number(number) > this.last) return undefined;
    const first = this.events[0]?.number ?? this.last + 1;
    if (Number(number) < first - 1) return undefined;
    return this.events.slice(Number(number) - (first - 1)).map(({ bytes }) => bytes);
  }

  /** What happens from now on is not recorded until the next event, so each older id is a gap. */
  interrupt(): void {
    this.last += 1;
    this.events = [];
    this.size = 0;
  }
}

/**
 * One event in the format of `text/event-stream`. JSON has no line breaks, so one line holds it.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function eventBytes(name: string, data: unknown, id?: string): Buffer {
  const idLine = id === undefined ? '' : `id: ${id}\n`;
  return Buffer.from(`${idLine}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}
