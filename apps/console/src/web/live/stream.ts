import { SseReader, type StreamEvent } from './sse-reader.js';
import { reconnectDelayMs } from './reconnect-delay.js';

/** The server pings every 15 s. Without any bytes for this time the connection is dead. */
const SILENCE_MAX_MS = 35_000;

export type StreamConnection =
  { state: 'connecting' | 'open' | 'closed' } | { state: 'lost'; retryAtMs: number; why: string };

/**
 * Keeps one event stream open until it is closed: reconnects with backoff, sends `Last-Event-ID`,
 * and gives a silent connection up. A 401 ends it.
 */
export class EventStreamClient {
  private readonly closing = new AbortController();
  private lastEventId = '';
  private failures = 0;

  constructor(
    private readonly options: {
      url: string;
      token: string;
      onEvent: (event: StreamEvent) => void;
      onConnection: (connection: StreamConnection) => void;
      /** The token is not valid (any more). */
      onRefused: () => void;
    },
  ) {
    void this.run();
  }

  close(): void {
    this.closing.abort();
    this.options.onConnection({ state: 'closed' });
  }

  private async run(): Promise<void> {
    const { onConnection } = this.options;
    onConnection({ state: 'connecting' });
    while (!this.closing.signal.aborted) {
      const { why, retryAfterMs } = await this.connect();
      if (this.closing.signal.aborted) return;
      this.failures += 1;
      const waitMs = Math.max(retryAfterMs, reconnectDelayMs(this.failures, Math.random()));
      onConnection({ state: 'lost', retryAtMs: Date.now() + waitMs, why });
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  /** @returns why the connection ended, and how long the server wants us to wait. */
  private async connect(): Promise<{ why: string; retryAfterMs: number }> {
    const silence = new AbortController();
    const ended = AbortSignal.any([silence.signal, this.closing.signal]);
    const wait = () => setTimeout(() => silence.abort(), SILENCE_MAX_MS);
    let timer = wait();
    try {
      const response = await this.request(ended);
      if (response.status === 401) {
        this.closing.abort();
        this.options.onRefused();
        return { why: '', retryAfterMs: 0 };
      }
      if (!response.ok || !response.body) return refusal(response);
      this.options.onConnection({ state: 'open' });
      const reader = new SseReader(this.lastEventId);
      const chunks = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await chunks.read();
        if (done) return { why: 'The console ended the stream.', retryAfterMs: 0 };
        clearTimeout(timer);
        timer = wait();
        this.failures = 0;
        for (const event of reader.push(value)) this.options.onEvent(event);
        this.lastEventId = reader.lastEventId;
      }
    } catch {
      const why = silence.signal.aborted
        ? 'The console sent nothing for 35 s.'
        : 'The console cannot be reached.';
      return { why, retryAfterMs: 0 };
    } finally {
      clearTimeout(timer);
      // Also after a fault of our own, or the connection would stay open unread.
      silence.abort();
    }
  }

  private async request(signal: AbortSignal): Promise<Response> {
    const { url, token } = this.options;
    return await fetch(url, {
      headers: {
        accept: 'text/event-stream',
        authorization: `Bearer ${token}`,
        ...(this.lastEventId === '' ? {} : { 'last-event-id': this.lastEventId }),
      },
      cache: 'no-store',
      signal,
    });
  }
}

function refusal(response: Response): { why: string; retryAfterMs: number } {
  const seconds = Number(response.headers.get('retry-after') ?? 0);
  return {
    why: `The console answered ${response.status}.`,
    retryAfterMs: Number.isFinite(seconds) ? Math.min(60_000, seconds * 1_000) : 0,
  };
}
