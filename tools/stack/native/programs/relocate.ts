import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/**
 * Debian's Prometheus and Alertmanager open their pages and templates below /usr/share. An unpacked
 * package has no files there, so Alertmanager does not even start. This function overwrites that
 * path in the program with a path of the same length that means the working directory.
 */
export function openFromWorkingDirectory(program: string, installedFolder: string): void {
  if (!existsSync(program)) return;
  const from = Buffer.from(installedFolder);
  const to = Buffer.from('./'.repeat(from.length).slice(0, from.length));
  const bytes = readFileSync(program);
  for (let at = bytes.indexOf(from); at !== -1; at = bytes.indexOf(from, at + to.length)) {
    to.copy(bytes, at);
  }
  writeFileSync(program, bytes);
}
