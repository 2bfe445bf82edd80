import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../log.js';

/** One fault in a request, located by JSON pointer (RFC 6901). */
export interface RequestFault {
  pointer: string;
  detail: string;
}

export const PROBLEM_TYPE_BASE = 'https://effectively-once.example/problems/';

/**
 * An error that a client may see, as RFC 9457 problem details. `code` is stable and ends the `type`
 * URI. `detail` is our own text, never the text of a driver or another server.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: string;
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly members: Record<string, unknown>;

  constructor(
    code: string,
    options: {
      status: number;
      detail: string;
      headers?: Record<string, string>;
      /** Extension members (RFC 9457 §3.2). */
      members?: Record<string, unknown>;
      cause?: unknown;
    },
  ) {
    super(options.detail, { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.headers = options.headers ?? {};
    this.members = options.members ?? {};
  }

  /** The members in a fixed order, so that a stored problem replays byte for byte. */
  body(): Record<string, unknown> {
    return {
      type: PROBLEM_TYPE_BASE + this.code,
      title: this.code.replaceAll('_', ' '),
      status: this.status,
      detail: this.message,
      ...this.members,
    };
  }
}

/** Answers every failed request. Neither a stack nor a cause leaves the process. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly explain: (error: unknown) => unknown = (error) => error,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const problem = toProblem(this.explain(error));
    if (problem.status >= 500 && problem.code !== 'not_ready') {
      this.logger.error(
        { err: error, route: request.routeOptions?.url, code: problem.code },
        'a request failed',
      );
    }
    void reply
      .status(problem.status)
      .headers(problem.headers)
      .header('content-type', 'application/problem+json')
      .send(JSON.stringify(problem.body()));
  }
}

/** Maps any thrown error to a Problem that a client may see. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const status = statusOf(error);
  if (error instanceof HttpException && status === 503) return notReady(error);
  switch (status) {
    case 400:
      return new Problem('invalid_request', {
        status,
        detail: 'The request could not be read.',
        members: {
          errors: [{ pointer: '', detail: 'not well-formed JSON' } satisfies RequestFault],
        },
      });
    case 404:
      return new Problem('not_found', { status, detail: 'There is nothing at this address.' });
    case 413:
      return new Problem('body_too_large', { status, detail: 'The body is too large.' });
    case 415:
      return new Problem('unsupported_media_type', { status, detail: 'Send application/json.' });
    case undefined:
      return new Problem('internal_error', {
        status: 500,
        detail: 'Something failed on our side.',
      });
    default:
      return new Problem(status >= 500 ? 'internal_error' : 'request_refused', {
        status,
        detail: 'The request was refused.',
      });
  }
}

/** A failed health check of @nestjs/terminus. Keeps the names of the dependencies that are down. */
function notReady(error: HttpException): Problem {
  const { details } = error.getResponse() as { details?: Record<string, { status?: string }> };
  const down = Object.entries(details ?? {}).filter(([, check]) => check.status !== 'up');
  const names = down.map(([name]) => name);
  return new Problem('not_ready', {
    status: 503,
    detail: `Down: ${names.join(', ') || 'unknown'}.`,
    members: { down: names, checks: details ?? {} },
  });
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  // Fastify's own errors (body limit, media type, JSON syntax) carry a numeric statusCode.
  const code = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof code === 'number' && code >= 400 && code < 600 ? code : undefined;
}
