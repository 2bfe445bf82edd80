import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '../../../repository-root.js';

/**
 * Writes a configuration file of `infra/` with its ${NAMES} filled in.
 * @throws Error naming a ${NAME} that has no value: a server would take it literally and fail obscurely.
 */
export function writeFromTemplate(
  template: string,
  target: string,
  values: Record<string, string | number>,
): void {
  const text = readFileSync(join(repositoryRoot, 'infra', template), 'utf8');
  // Comments may speak of ${…}.
  const filled = text.replace(/\$\{([A-Z_]+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`infra/${template} wants a value for ${name}`);
    return String(value);
  });
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, filled, { mode: 0o644 });
}
