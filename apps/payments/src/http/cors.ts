import type { NestFastifyApplication } from '@nestjs/platform-fastify';

// A browser repeats its preflight request after this time.
const PREFLIGHT_VALID_S = 600;

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
    exposedHeaders: ['location', 'retry-after', 'idempotent-replayed'],
    credentials: false,
    maxAge: PREFLIGHT_VALID_S,
  });
}
