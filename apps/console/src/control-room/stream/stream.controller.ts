import { OperatorGuard, Problem, TokenExpiry } from '@effectively-once/platform';
import { Controller, Get, Headers, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { LiveStream } from './live-stream.js';

const RETRY_AFTER_S = 10;
const MS_PER_S = 1_000;

@Controller('api/stream')
@UseGuards(OperatorGuard)
export class StreamController {
  constructor(private readonly stream: LiveStream) {}

  /**
   * The event stream of the control room, until the token expires. It begins with a `snapshot`, or
   * after the event that the header `Last-Event-ID` names.
   */
  @Get()
  open(
    @Res() reply: FastifyReply,
    @TokenExpiry() expiresAt: number,
    @Headers('last-event-id') lastEventId?: string,
  ): void {
    const { clients } = this.stream;
    if (clients.isFull) {
      throw new Problem('too_many_streams', {
        status: 503,
        detail: 'So many pages are open that the console takes no more.',
        headers: { 'retry-after': String(RETRY_AFTER_S) },
      });
    }
    // Fastify would wait for a body. From here on the stream answers by itself.
    reply.hijack();
    reply.raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // A proxy that collects an answer before it passes it on would show nothing.
      'x-accel-buffering': 'no',
    });
    reply.raw.flushHeaders();
    clients.add(reply.raw, {
      expiresAtMs: expiresAt * MS_PER_S,
      ...(lastEventId === undefined ? {} : { lastEventId }),
    });
  }
}
