import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import staticFiles from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

const WEB_FOLDER = fileURLToPath(new URL('../../web/', import.meta.url));

/** Every address of the control room. The page itself shows what belongs there. */
export const PAGE_PATHS = [
  '/',
  '/sign-in',
  '/shop',
  '/payments',
  '/payments/:id',
  '/break',
  '/scenarios',
  '/scenarios/runs/:id',
  '/consumers',
  '/dead-letters',
  '/audit',
  '/labs',
  '/labs/:name',
  '/alerts',
] as const;

export interface PageSettings {
  /** Where the browser reaches payments, for the Shop. */
  paymentsUrl: string;
  /** Whether the page offers the demo sign-in. */
  demoControls: boolean;
  webFolder?: string;
}

/**
 * Serves the control room: one HTML page for every path, its script and its style sheet. They hold
 * no data, so they need no token.
 */
export async function servePages(
  app: NestFastifyApplication,
  settings: PageSettings,
): Promise<void> {
  const { webFolder = WEB_FOLDER } = settings;
  const server = app.getHttpAdapter().getInstance();
  await app.register(staticFiles, {
    root: webFolder,
    prefix: '/assets/',
    index: false,
    decorateReply: false,
    // A browser asks again at each load, and gets 304 until the next build.
    cacheControl: true,
    maxAge: 0,
  });
  const html = fillIn(readFileSync(`${webFolder}/index.html`, 'utf8'), settings);
  const policy = contentSecurityPolicy(settings.paymentsUrl);
  for (const path of PAGE_PATHS) {
    server.get(path, (_request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .header('content-security-policy', policy)
        .header('cache-control', 'no-cache')
        .header('referrer-policy', 'no-referrer')
        .send(html),
    );
  }
}

// The settings come from the environment. They are escaped all the same.
const fillIn = (html: string, { paymentsUrl, demoControls }: PageSettings) =>
  html
    .replace('{{PAYMENTS_URL}}', () => escapeAttribute(paymentsUrl))
    .replace('{{DEMO_CONTROLS}}', demoControls ? '1' : '');

const escapeAttribute = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');

/**
 * The page may load its own files, and call the console and payments, and nothing else. An error
 * message or an order id that contains markup can therefore run nothing, even if it were not
 * escaped. https://www.w3.org/TR/CSP3/
 */
function contentSecurityPolicy(paymentsUrl: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self' ${new URL(paymentsUrl).origin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
