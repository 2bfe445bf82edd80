import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from './problem.js';

/*
 * Node.js and Fastify answer some requests before Nest sees them. They would answer in their own
 * words, or with no body. A client shows what it reads, so these answers are problem documents too.
 */

const unreadable = (detail: string, pointer = '') =>
  new Problem('invalid_request', {
    status: 400,
    detail: 'The request could not be read.',
    members: { errors: [{ pointer, detail }] },
  });

const BY_CODE: Record<string, () => Problem> = {
  ERR_HTTP_REQUEST_TIMEOUT: () =>
    new Problem('request_timeout', { status: 408, detail: 'The request took too long to arrive.' }),
  HPE_HEADER_OVERFLOW: () =>
    new Problem('headers_too_large', { status: 431, detail: 'The headers are too large.' }),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: () =>
    new Problem('body_too_large', { status: 413, detail: 'The body is too large.' }),
  HPE_INVALID_HEADER_TOKEN: () => unreadable('a header has a character that is not allowed'),
};

/**
 * The response of Node.js that a socket is at, and null after one. The field is private, and the
 * handler of Node.js itself reads it.
 */
type AtResponse = Socket & { _httpMessage?: ServerResponse | null };

/** Answers what the HTTP parser refuses, and a request that arrives too slowly. */
export function clientErrorHandler(error: NodeJS.ErrnoException, socket: Socket): void {
  const response = (socket as AtResponse)._httpMessage;
  // A whole request is being worked on: bytes written here would be read as its answer.
  const isWorking = response && (response.headersSent || response.req.complete);
  const isGone = error.code === 'ECONNRESET' || !socket.writable;
  if (isGone || isWorking) return void socket.destroy();
  const problem = BY_CODE[error.code ?? '']?.() ?? unreadable('not well-formed HTTP');
  const body = JSON.stringify(problem.body());
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n` +
      'Connection: close\r\nContent-Type: application/problem+json\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Answers what Fastify refuses before it has found a route. */
export function frameworkErrors(
  error: { code: string },
  _request: FastifyRequest,
  reply: FastifyReply,
): void {
  const tooLong = error.code === 'FST_ERR_MAX_PARAM_LENGTH';
  const problem = tooLong
    ? new Problem('not_found', { status: 404, detail: 'There is nothing at this address.' })
    : unreadable('the path is not well-formed');
  void reply
    .status(problem.status)
    .header('content-type', 'application/problem+json')
    .send(JSON.stringify(problem.body()));
}

/** Refuses in a hook what Node.js and Fastify would refuse without a problem document. */
export function refuseInHooks(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  let isClosing = false;
  fastify.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });
  fastify.addHook('onRequest', async (request) => {
    if (isClosing) {
      throw new Problem('shutting_down', {
        status: 503,
        detail: 'This process is stopping. Repeat the request.',
        headers: { 'retry-after': '1', connection: 'close' },
      });
    }
    // RFC 9112 §3.2
    if (request.raw.httpVersion === '1.1' && request.headers.host === undefined) {
      throw unreadable('the Host header is missing');
    }
  });
  // Otherwise the connection of a request that is worked on stays open after its answer: the client
  // sends its next request here, and this process does not end (RFC 9112 §9.6).
  fastify.addHook('onSend', async (_request, reply) => {
    if (isClosing) void reply.header('connection', 'close');
  });
  app
    .getHttpServer()
    .on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
      const problem = new Problem('expectation_failed', {
        status: 417,
        detail: 'Only 100-continue can be expected.',
      });
      const body = JSON.stringify(problem.body());
      response.writeHead(problem.status, {
        'content-type': 'application/problem+json',
        'content-length': Buffer.byteLength(body),
        connection: 'close',
      });
      response.end(body);
    });
}
