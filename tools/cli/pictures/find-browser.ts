import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const ON_MACOS = ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
  (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
);

/**
 * The Chrome or Chromium of this machine: CHROME_PATH, else the first one on the PATH, else the
 * usual places of macOS. Undefined without one.
 */
export function findBrowser(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const onPath = (env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const known = [env['CHROME_PATH'] ?? '', ...onPath, ...ON_MACOS];
  return known.find((path) => path !== '' && existsSync(path));
}
