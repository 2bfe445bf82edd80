import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { repositoryRoot } from '../repository-root.js';

const read = (file: string) => readFileSync(join(repositoryRoot, file), 'utf8');
const readme = read('README.md');
const documents = [
  'README.md',
  'libs/delivery/README.md',
  'apps/third-parties/README.md',
  ...readdirSync(join(repositoryRoot, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts);
const ports = Object.entries(parse(read('.env'))).flatMap(([name, value]) =>
  name.endsWith('_PORT') ? value : [],
);

it.each(documents)('every path, npm command and port that %s names exists', (document) => {
  const text = read(document);
  const inBackticks = [...text.matchAll(/`([^`\n]+)`/g)].map(([, quoted]) => quoted ?? '');
  const paths = inBackticks.filter((quoted) =>
    /^(apps|libs|tools|infra|e2e|docs)(\/[\w.-]+)*\/?$/.test(quoted),
  );
  const commands = [...text.matchAll(/(?:^|`)npm (?:run )?(?:-s )?([\w:]+)/gm)].map(
    ([, name]) => name ?? '',
  );
  const named = [...text.matchAll(/localhost:(\d+)/g)].map(([, port]) => port ?? '');
  expect(paths.filter((path) => !existsSync(join(repositoryRoot, path)))).toEqual([]);
  expect(commands.filter((name) => !scripts.includes(name))).toEqual([]);
  expect(named.filter((port) => !ports.includes(port))).toEqual([]);
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
