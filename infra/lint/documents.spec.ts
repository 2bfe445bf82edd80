import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { repositoryRoot } from '../repository-root.js';

const read = (file: string) => readFileSync(join(repositoryRoot, file), 'utf8');
const readme = read('README.md');
const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts);

const inBackticks = [...readme.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text ?? '');

it('every path the README names exists', () => {
  const paths = inBackticks.filter((text) => /^(apps|libs|infra|e2e|docs)\/[\w./-]*$/.test(text));
  expect(paths.length).toBeGreaterThan(20);
  expect(paths.filter((path) => !existsSync(join(repositoryRoot, path)))).toEqual([]);
});

it('every npm command the README names exists', () => {
  const commands = /(?:^|`)npm (?:run )?([\w:]+)/gm;
  const named = [...readme.matchAll(commands)].map(([, name]) => name ?? '');
  expect(named).toContain('audit');
  expect(named.filter((name) => !scripts.includes(name))).toEqual([]);
});

it('every port the README names is the one in .env', () => {
  const ports = [...readme.matchAll(/localhost:(\d+)/g)].map(([, port]) => port);
  expect(ports.length).toBeGreaterThan(0);
  const known = Object.entries(parse(read('.env'))).filter(([name]) => name.endsWith('_PORT'));
  const unknown = ports.filter((port) => !known.some(([, value]) => value === port));
  expect(unknown).toEqual([]);
});

it('every claim in the README names a test', () => {
  const table = readme.slice(
    readme.indexOf('## What it proves, and where'),
    readme.indexOf('What it does **not**'),
  );
  const rows = table.split('\n').filter((line) => /^\| (?!claim |-)/.test(line));
  expect(rows.length).toBeGreaterThan(8);
  expect(rows.filter((row) => !/`[^`]+\.spec\.ts`/.test(row))).toEqual([]);
});
