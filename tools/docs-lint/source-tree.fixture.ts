import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import ts from 'typescript';
import { repositoryRoot } from '../repository-root.js';

const ROOMS = ['apps', 'libs', 'tools', 'infra', 'e2e', 'docs'];

/** Every file that git tracks or would track. */
const everyFile = execFileSync(
  'git',
  ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
  { cwd: repositoryRoot, encoding: 'utf8' },
)
  .split('\0')
  .filter((file) => file !== '' && existsSync(join(repositoryRoot, file)))
  .sort();

/** Those in the rooms, from the repository's root. */
export const files = everyFile.filter((file) => ROOMS.includes(file.split('/')[0]!));

/** Files whose comments begin with `#`. */
export const configurations = everyFile.filter((file) =>
  /\.(ya?ml|conf|properties)$|^\.ci\/|^Dockerfile$|^\.env$/.test(file),
);

export const read = (file: string) => readFileSync(join(repositoryRoot, file), 'utf8');

export const isTest = (file: string) =>
  /\.(spec|fixture)\.ts$/.test(file) || file.includes('/testing/') || file.startsWith('e2e/');

export const sources = files.filter((file) => /\.(ts|mjs)$/.test(file));

const PACKAGES = new Map(
  files
    .filter((file) => file.endsWith('/package.json'))
    .map((file) => {
      const manifest = JSON.parse(read(file)) as {
        name: string;
        exports?: Record<string, unknown>;
      };
      return [manifest.name, { folder: dirname(file), exports: manifest.exports ?? {} }] as const;
    }),
);

/** The files of this repository that a source imports, type-only imports included. */
export function importsOf(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(read(file), true, true);
  return importedFiles.flatMap(({ fileName }) => resolve(file, fileName) ?? []);
}

function resolve(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) {
    return sourceAt(posix.normalize(posix.join(posix.dirname(from), specifier)));
  }
  const name = /^@effectively-once\/[^/]+/.exec(specifier)?.[0];
  const found = name === undefined ? undefined : PACKAGES.get(name);
  if (!found || name === undefined) return undefined;
  const subpath = `.${specifier.slice(name.length)}`;
  for (const [pattern, target] of Object.entries(found.exports)) {
    const { source } = target as { source: string };
    const [before = '', after] = pattern.split('*');
    if (pattern === subpath) return posix.join(found.folder, source);
    if (after === undefined || !subpath.startsWith(before)) continue;
    return posix.join(found.folder, source.replace('*', subpath.slice(before.length)));
  }
  return undefined;
}

const sourceAt = (path: string) =>
  [path, path.replace(/\.js$/, '.ts'), `${path}.ts`].find((one) => files.includes(one));
