import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { repositoryRoot } from '../repository-root.js';
import { configurations, files, importsOf, isTest, read, sources } from './source-tree.fixture.js';

const ENTRIES_MAX = 12;
const COMMENT_COLUMNS_MAX = 100;
const README_LINES_MAX = 130;
const SHORT_TOUR_LINES_MAX = 300;
const TOUR_LINES_MAX = 900;

/** Exported twice on purpose. Each line says why. */
const EXPORTED_TWICE = new Set([
  // Nest's name of the root module.
  'AppModule',
  // Each app wires itself in one function with this name.
  'appModule',
  // The three consumers have the same controller, each for its own strategy and effect.
  'PaymentCompletedConsumer',
  // One reads Stripe's error, the other the error of `fetch`.
  'neverConnected',
]);

describe('the house', () => {
  it(`has at most ${ENTRIES_MAX} entries in a folder; tests and migrations do not count`, () => {
    const entries = new Map<string, Set<string>>();
    for (const file of files.filter((one) => !/\.(spec|fixture)\.\w+$/.test(one))) {
      const parts = file.split('/');
      for (let depth = 1; depth < parts.length; depth += 1) {
        const folder = parts.slice(0, depth).join('/');
        if (folder.endsWith('/migrations') || folder === 'e2e') continue;
        entries.set(folder, (entries.get(folder) ?? new Set()).add(parts[depth]!));
      }
    }
    const full = [...entries].filter(([, names]) => names.size > ENTRIES_MAX);
    expect(full.map(([folder, names]) => `${folder}: ${names.size}`)).toEqual([]);
  });

  it('has no import cycle', () => {
    expect(cycles(new Map(sources.map((file) => [file, importsOf(file)])))).toEqual([]);
  });

  it('finds a cycle, or the check above is blind', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['b']],
    ]);
    expect(cycles(graph)).toEqual(['b → c → b']);
  });

  // A room may use its neighbours, what lies deeper, and what all rooms share. The composition root
  // wires the rooms, so no room may import it back.
  it('has no import of a composition root from a room', () => {
    const roots = /\/(main|app\.module|index)\.ts$/;
    const upward = sources
      .filter((file) => !isTest(file))
      .flatMap((file) =>
        importsOf(file)
          .filter((target) => roots.test(target) && sameProject(file, target))
          .filter((target) => depth(file) > depth(target))
          .map((target) => `${file} imports ${target}`),
      );
    expect(upward).toEqual([]);
  });

  it('exports no name of a type, class or function twice', () => {
    const places = new Map<string, string[]>();
    for (const file of sources.filter((one) => one.endsWith('.ts') && !isTest(one))) {
      for (const name of exportedNames(file)) places.set(name, [...(places.get(name) ?? []), file]);
    }
    const twice = [...places].filter(
      ([name, where]) => where.length > 1 && !EXPORTED_TWICE.has(name),
    );
    expect(twice.map(([name, where]) => `${name}: ${where.join(', ')}`)).toEqual([]);
  });

  it(`has no comment wider than ${COMMENT_COLUMNS_MAX} columns`, () => {
    const wide = [...sources, ...configurations].flatMap((file) =>
      commentLines(file)
        .filter(({ text }) => text.length > COMMENT_COLUMNS_MAX && !/https?:\/\//.test(text))
        .map(({ line }) => `${file}:${line}`),
    );
    expect(wide).toEqual([]);
  });

  it('spreads no literal: such a spread exists only to defeat the formatter', () => {
    expect(sources.flatMap(literalSpreads)).toEqual([]);
  });
});

describe('the README', () => {
  const readme = read('README.md');

  it(`has at most ${README_LINES_MAX} lines`, () => {
    expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(README_LINES_MAX);
  });

  const tour = readme.slice(readme.indexOf('## Read it'), readme.indexOf('\nFolders:'));
  const filesIn = (text: string) => [...text.matchAll(/`([^`]+\.ts)`/g)].map(([, file]) => file!);

  it(`has a tour of at most ${SHORT_TOUR_LINES_MAX} lines of code for ten minutes`, () => {
    const short = tour.slice(0, tour.indexOf('**One hour:**'));
    expect(filesIn(short).length).toBeGreaterThanOrEqual(3);
    expect(linesOf(filesIn(short))).toBeLessThanOrEqual(SHORT_TOUR_LINES_MAX);
  });

  it(`has a tour of at most ${TOUR_LINES_MAX} lines of code for an hour`, () => {
    expect(filesIn(tour).length).toBeGreaterThanOrEqual(8);
    expect(linesOf(filesIn(tour))).toBeLessThanOrEqual(TOUR_LINES_MAX);
  });

  const linesOf = (tourFiles: string[]) =>
    tourFiles.reduce((sum, file) => sum + linesOfCode(read(file)), 0);
});

/** Blank lines and comments do not count. */
const linesOfCode = (text: string) =>
  text.split('\n').filter((line) => !/^\s*($|\/\/|\/?\*)/.test(line)).length;

const project = (file: string) => file.split('/').slice(0, 2).join('/');
const sameProject = (one: string, other: string) => project(one) === project(other);
const depth = (file: string) => posix.dirname(file).split('/').length;

/** Every cycle once, beginning at its first file in alphabetical order. */
function cycles(graph: Map<string, string[]>): string[] {
  const found = new Set<string>();
  const done = new Set<string>();
  const visit = (file: string, path: string[]) => {
    const seenAt = path.indexOf(file);
    if (seenAt >= 0) {
      const cycle = path.slice(seenAt);
      const first = cycle.indexOf([...cycle].sort()[0]!);
      const turned = [...cycle.slice(first), ...cycle.slice(0, first)];
      found.add([...turned, turned[0]].join(' → '));
      return;
    }
    if (done.has(file)) return;
    for (const target of graph.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return [...found].sort();
}

function parse(file: string) {
  return ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
}

function exportedNames(file: string): string[] {
  return parse(file).statements.flatMap((statement) => {
    const isNamed =
      ts.isClassDeclaration(statement) ||
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement) ||
      ts.isFunctionDeclaration(statement) ||
      ts.isEnumDeclaration(statement);
    if (!isNamed || !statement.name) return [];
    const isExported = ts
      .getModifiers(statement)
      ?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    return isExported ? [statement.name.text] : [];
  });
}

const COMMENT = [/^\s*(\/\/|\/\*|\*)/, /;\s*\/\/ /, /^\s*# /];

function commentLines(file: string): { text: string; line: number }[] {
  return read(file)
    .split('\n')
    .map((text, index) => ({ text, line: index + 1 }))
    .filter(({ text }) => COMMENT.some((pattern) => pattern.test(text)));
}

function literalSpreads(file: string): string[] {
  const source = parse(file);
  const found: string[] = [];
  const visit = (node: ts.Node) => {
    const spread = ts.isSpreadElement(node) || ts.isSpreadAssignment(node);
    if (
      spread &&
      (ts.isArrayLiteralExpression(node.expression) ||
        ts.isObjectLiteralExpression(node.expression))
    ) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${file}:${line + 1}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

it('looks at every room', () => {
  expect(sources.length).toBeGreaterThan(400);
  expect(configurations).toEqual(expect.arrayContaining(['docker-compose.yml', '.ci/run']));
  expect(existsSync(join(repositoryRoot, 'README.md'))).toBe(true);
});
