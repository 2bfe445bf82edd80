import type { Environment } from '../../stack/environment.js';

type App = 'PAYMENTS' | 'EMAIL' | 'LOYALTY' | 'SEARCH' | 'CONSOLE' | 'THIRD_PARTIES';

/** The address of an app: `<APP>_URL` if the caller sets it (compose does), else this machine. */
export function appUrl({ settings, given }: Environment, app: App): string {
  return given[`${app}_URL`] ?? `http://127.0.0.1:${settings[`${app}_PORT`]}`;
}
