import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/**
 * Debian builds Prometheus and Alertmanager to open their pages and templates below /usr/share, where
 * nothing is when a package is unpacked instead of installed: Alertmanager then does not even start.
 * Overwrites that path inside the program with one of the same length that means the working directory.
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
