/** One event of a `text/event-stream`. */
export interface StreamEvent {
  id: string;
  name: string;
  data: string;
}

/** An event of the console is far below this. More is a server that we do not understand. */
const EVENT_CHARACTERS_MAX = 4_000_000;

/**
 * Reads server-sent events as the HTML standard parses them (html.spec.whatwg.org, section 9.2.6).
 * The browser's EventSource cannot send the bearer token, so we read the stream with fetch.
 *
 * Feed it the decoded text in whatever pieces the network delivers: a piece may end inside a line,
 * or between the CR and the LF of one line ending.
 */
export class SseReader {
  /**
   * The id of the last complete event. Send it back as `Last-Event-ID`. It survives events that
   * have no id of their own. The id of an event that the network cuts must not count: that event
   * was not handed out, and a server that continues after it would never send it again.
   */
  lastEventId: string;
  private id: string;
  private rest = '';
  private endedWithCr = false;
  private isFirst = true;
  private name = '';
  private data: string[] = [];
  private size = 0;

  constructor(lastEventId = '') {
    this.lastEventId = lastEventId;
    this.id = lastEventId;
  }

  /** @throws Error if one event is longer than 4 million characters. */
  push(text: string): StreamEvent[] {
    const events: StreamEvent[] = [];
    const lines = this.lines(text);
    for (const line of lines) {
      if (line !== '') {
        this.field(line);
        continue;
      }
      this.lastEventId = this.id;
      if (this.data.length > 0) events.push(this.dispatch());
      else this.name = '';
    }
    if (this.size + this.rest.length > EVENT_CHARACTERS_MAX) throw new Error('event too long');
    return events;
  }

  private lines(text: string): string[] {
    let piece = text;
    if (this.isFirst && piece !== '') {
      this.isFirst = false;
      if (piece.startsWith('\uFEFF')) piece = piece.slice(1);
    }
    // The CR has already ended the line. Its LF must not end an empty one, which would dispatch.
    if (this.endedWithCr && piece.startsWith('\n')) piece = piece.slice(1);
    if (text !== '') this.endedWithCr = text.endsWith('\r');
    const lines = (this.rest + piece).split(/\r\n|\n|\r/);
    this.rest = lines.pop() ?? '';
    return lines;
  }

  private field(line: string): void {
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') this.name = value;
    if (name === 'id' && !value.includes('\0')) this.id = value;
    if (name === 'data') {
      this.data.push(value);
      this.size += value.length;
    }
  }

  private dispatch(): StreamEvent {
    const event = {
      id: this.lastEventId,
      name: this.name || 'message',
      data: this.data.join('\n'),
    };
    this.name = '';
    this.data = [];
    this.size = 0;
    return event;
  }
}
