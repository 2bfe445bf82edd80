import type { NestFastifyApplication } from '@nestjs/platform-fastify';

// A browser repeats its preflight request after this time.
const PREFLIGHT_VALID_S = 600;

const EXPOSED = ['location', 'retry-after', 'idempotent-replayed'];

/**
 * Lets the pages of these origins call payments from a browser, with a bearer token and without
 * cookies, and read the headers that tell a replay from a first answer.
 * https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function allowShop(app: NestFastifyApplication, origins: string[]): void {
  if (origins.length === 0) return;
  app.enableCors({
    origin: origins,
    methods: ['GET', 'POST'],
    allowedHeaders: ['authorization', 'content-type', 'idempotency-key'],
    exposedHeaders: EXPOSED,
    credentials: false,
    maxAge: PREFLIGHT_VALID_S,
  });
}

/** The headers with which a page of these origins may read an answer that Fastify does not give. */
export function shopHeaders(
  origin: string | undefined,
  origins: readonly string[],
): Record<string, string> {
  if (origin === undefined || !origins.includes(origin)) return {};
  return {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': EXPOSED.join(', '),
    vary: 'Origin',
  };
}
