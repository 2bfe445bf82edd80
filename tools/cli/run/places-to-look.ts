import type { Environment } from '../../stack/environment.js';

/** The address of the control room, for a browser on this machine. */
export const controlRoom = ({ settings }: Environment): string =>
  `http://localhost:${settings.CONSOLE_PORT}/`;

/** The addresses to open in a browser once the system runs. */
export function placesToLook(environment: Environment): string[] {
  const { settings } = environment;
  const at = (port: number, path: string) => `http://localhost:${port}${path}`;
  return [
    `control room      ${controlRoom(environment)}   ← start here (npm run open)`,
    `checkout API      ${at(settings.PAYMENTS_PORT, '/docs')}`,
    `receipts mailed   ${at(settings.THIRD_PARTIES_PORT, '/_journal/mails')}`,
    `Prometheus        ${at(settings.PROMETHEUS_PORT, '/')}`,
  ];
}
