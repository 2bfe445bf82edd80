import type { Environment } from '../../stack/environment.js';

type App = 'PAYMENTS' | 'EMAIL' | 'LOYALTY' | 'SEARCH' | 'CONSOLE' | 'THIRD_PARTIES';

/** Where an app answers: `<APP>_URL` when the caller says so (in compose the apps have hosts), else this machine. */
export function appUrl({ settings, given }: Environment, app: App): string {
  return given[`${app}_URL`] ?? `http://127.0.0.1:${settings[`${app}_PORT`]}`;
}
