import { waitUntil } from '@effectively-once/testing';

/**
 * A plain client of the console's event stream: it reads everything and keeps nothing, as one open
 * page does to the server.
 */
export class OpenStream {
  private readonly reading: Promise<void>;
  private readonly received = { events: 0, bytes: 0 };
  private isLive = false;
  private failure: unknown;

  private constructor(
    response: Response,
    private readonly closing: AbortController,
  ) {
    this.reading = this.read(response).catch((error: unknown) => {
      if (!closing.signal.aborted) this.failure = error;
    });
  }

  /**
   * Resolves when the console has sent its first overview: from then on it collects.
   * @throws Error if the console refuses the stream.
   */
  static async open(consoleUrl: string, token: string): Promise<OpenStream> {
    const closing = new AbortController();
    const response = await fetch(new URL('/api/stream', consoleUrl), {
      headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
      signal: closing.signal,
    });
    if (!response.ok) throw new Error(`the stream was answered with ${response.status}`);
    const stream = new OpenStream(response, closing);
    await waitUntil('the stream to send an overview', () => stream.isLive);
    return stream;
  }

  /**
   * @returns how much has been received.
   * @throws Error if the stream has ended by itself: what was measured was not an open stream.
   */
  async close(): Promise<{ events: number; bytes: number }> {
    this.closing.abort();
    await this.reading;
    if (this.failure) throw new Error('the stream ended meanwhile', { cause: this.failure });
    return this.received;
  }

  private async read(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    let lastLine = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const lines = (lastLine + decoder.decode(chunk, { stream: true })).split('\n');
      lastLine = lines.pop() ?? '';
      this.received.bytes += chunk.length;
      this.received.events += lines.filter((line) => line.startsWith('event:')).length;
      this.isLive ||= lines.includes('event: overview');
    }
    throw new Error('the console ended the stream');
  }
}
