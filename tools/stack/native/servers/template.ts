import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '../../../repository-root.js';

/**
 * Writes a configuration file of `infra/` and replaces each ${NAME}.
 * @throws Error that names a ${NAME} without a value. A server would take it literally and fail
 * with a misleading message.
 */
export function writeFromTemplate(
  template: string,
  target: string,
  values: Record<string, string | number>,
): void {
  const text = readFileSync(join(repositoryRoot, 'infra', template), 'utf8');
  // The pattern does not match the ${…} in comments.
  const filled = text.replace(/\$\{([A-Z_]+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`infra/${template} needs a value for ${name}`);
    return String(value);
  });
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, filled, { mode: 0o644 });
}
