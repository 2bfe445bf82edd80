import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../repository-root.js';
import { hasTest } from './test-titles.fixture.js';

const document = readFileSync(join(repositoryRoot, 'docs/guarantees.md'), 'utf8');
const cellsOf = (row: string) => row.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, ''));
// A table whose last column is not this holds figures, and claims nothing.
const rows = document
  .split('\n\n')
  .filter((table) => /^\|.* shown by \|\n/.test(table))
  .flatMap((table) => table.split('\n').filter((line) => line.startsWith('| ')))
  .filter((line) => !/shown by \|$/.test(line));

/** `file`: “title”, “title”; `file`: “title” */
function testsIn(cell: string): { file: string; title: string }[] {
  return cell.split('; `').flatMap((group) => {
    const file = /^`?([\w./-]+\.spec\.ts)`: “/.exec(group)?.[1] ?? '';
    return [...group.matchAll(/“([^”]+)”/g)].map(([, title = '']) => ({ file, title }));
  });
}

const named = rows.flatMap((row) => testsIn(cellsOf(row).at(-1) ?? ''));

it('every guarantee names a test', () => {
  expect(rows.length).toBeGreaterThan(30);
  expect(rows.filter((row) => testsIn(cellsOf(row).at(-1) ?? '').length === 0)).toEqual([]);
});

it('every test a guarantee names exists, in its file and by its exact title', () => {
  const isThere = ({ file, title }: { file: string; title: string }) =>
    existsSync(join(repositoryRoot, file)) && file !== '' && hasTest(file, title);
  expect(named.filter((test) => !isThere(test))).toEqual([]);
});

const stories = readdirSync(join(repositoryRoot, 'e2e'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.e2e.spec.ts'))
  .map((name) => `e2e/${name}`);

it('every end-to-end story is a guarantee', () => {
  const told = new Set(named.map(({ file }) => file));
  expect(stories.filter((story) => !told.has(story))).toEqual([]);
});

it('every end-to-end story ends with the audit: in its last test, or in a hook after it', () => {
  expect(stories.length).toBeGreaterThan(20);
  expect(stories.filter((story) => !endings(story).some(isAudited))).toEqual([]);
});

function endings(story: string): string[] {
  const text = readFileSync(join(repositoryRoot, story), 'utf8');
  const parts = text.split(/^(?= *(?:it|beforeAll|afterAll|afterEach)\b)/m);
  const tests = parts.filter((part) => /^ *it\b/.test(part));
  return [...parts.filter((part) => /^ *after/.test(part)), ...tests.slice(-1)];
}

// One that is awaited and not expected to be clean would pass over whatever the audit says.
const isAudited = (ending: string) => /await expect\((findings|violations)\(\)/.test(ending);

it('every path and command it names exists', () => {
  const inBackticks = [...document.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text ?? '');
  const paths = inBackticks.filter((text) => /^(apps|libs|tools|infra|e2e|docs)\//.test(text));
  expect(paths.filter((path) => !existsSync(join(repositoryRoot, path)))).toEqual([]);
  const { scripts } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const commands = inBackticks.flatMap((text) => /^npm run ([\w:]+)/.exec(text)?.[1] ?? []);
  expect(commands.length).toBeGreaterThan(0);
  expect(commands.filter((command) => !(command in scripts))).toEqual([]);
});
