import type { Environment } from '../../stack/environment.js';

/** The addresses to open in a browser once the system runs. */
export function placesToLook({ settings }: Environment): string[] {
  const at = (port: number, path: string) => `http://localhost:${port}${path}`;
  return [
    `checkout API      ${at(settings.PAYMENTS_PORT, '/docs')}`,
    `console           ${at(settings.CONSOLE_PORT, '/health/ready')}`,
    `receipts mailed   ${at(settings.THIRD_PARTIES_PORT, '/_journal/mails')}`,
    `Prometheus        ${at(settings.PROMETHEUS_PORT, '/')}`,
  ];
}
