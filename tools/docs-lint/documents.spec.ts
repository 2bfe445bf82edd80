import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { repositoryRoot } from '../repository-root.js';
import { files, read } from './source-tree.fixture.js';

const readme = read('README.md');
const documents = [
  'README.md',
  'libs/delivery/README.md',
  'apps/third-parties/README.md',
  ...files.filter((file) => /^docs\/.*\.md$/.test(file)),
];
const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts);
const ports = Object.entries(parse(read('.env'))).flatMap(([name, value]) =>
  name.endsWith('_PORT') ? value : [],
);

/** The first group of each match. */
const found = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].map(([, group]) => group ?? '');

function unknownPaths(text: string): string[] {
  const quoted = found(text, /`((?:apps|libs|tools|infra|e2e|docs)(?:\/[\w.-]+)*\/?)`/g);
  return quoted.filter((path) => !existsSync(join(repositoryRoot, path)));
}

const unknownCommands = (text: string) =>
  found(text, /(?:^|`)npm (?:run )?(?:-s )?([\w:]+)/gm).filter((name) => !scripts.includes(name));

const unknownPorts = (text: string) =>
  found(text, /localhost:(\d+)/g).filter((port) => !ports.includes(port));

it.each(documents)('every path, npm command and port that %s names exists', (document) => {
  const text = read(document);
  expect(unknownPaths(text)).toEqual([]);
  expect(unknownCommands(text)).toEqual([]);
  expect(unknownPorts(text)).toEqual([]);
});

it('finds a path, a command and a port that do not exist, or the check above is blind', () => {
  expect(unknownPaths('`libs/delivery/src/deliver.ts` and `libs/gone.ts`')).toEqual([
    'libs/gone.ts',
  ]);
  expect(unknownCommands('`npm run audit` and `npm run gone`')).toEqual(['gone']);
  expect(unknownPorts('http://localhost:3000/ and http://localhost:1/')).toEqual(['1']);
});

it('the README names paths, commands and ports, or the check above is blind', () => {
  expect(readme).toMatch(/`apps\/payments\/src\/checkout\/checkout\.ts`/);
  expect(readme).toMatch(/^npm run audit/m);
  expect(readme).toMatch(/localhost:3000/);
});

it('every claim in the README names a test', () => {
  const table = readme.slice(
    readme.indexOf('## What it proves, and where'),
    readme.indexOf('**Not promised:**'),
  );
  const rows = table.split('\n').filter((line) => /^\| (?!claim |-)/.test(line));
  expect(rows.length).toBeGreaterThan(8);
  expect(rows.filter((row) => !/`[^`]+\.spec\.ts`/.test(row))).toEqual([]);
});
