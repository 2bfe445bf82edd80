import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../repository-root.js';
import { read } from './source-tree.fixture.js';
import { hasTest } from './test-titles.fixture.js';

/*
 * docs/failure-catalogue.md: faults that other people had, and what this system does with each. Its
 * value is that every line can be checked.
 */

const DEPENDENCIES = [
  'PostgreSQL and node-postgres',
  'Debezium',
  'Kafka Connect',
  'Kafka',
  'kafkajs',
  'Nest',
  'Redis and ioredis',
  'SMTP and nodemailer',
  'Elasticsearch',
  'Stripe',
  'Fastify and Node',
  'Prometheus and Alertmanager',
  'Docker and Compose',
];
const LINES_MIN = 6;
const PUBLIC_LINES_MIN = 60;

interface Line {
  report: string;
  symptom: string;
  how: string;
  outcome: string;
  proof: string;
}

/** The lines of the table under each heading. */
function sectionsOf(text: string): Map<string, Line[]> {
  const sections = text.split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => {
      const rows = section.split('\n').filter((row) => row.startsWith('| '));
      return [section.slice(0, section.indexOf('\n')), rows.slice(1).map(lineOf)];
    }),
  );
}

function lineOf(row: string): Line {
  const cells = row.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim());
  const [report = '', symptom = '', how = '', outcome = '', proof = '', ...more] = cells;
  // A cell too many would hide the proof.
  return { report, symptom, how, outcome, proof: more.length === 0 ? proof : '' };
}

const sections = sectionsOf(read('docs/failure-catalogue.md'));
const parts = [...sections].filter(([name]) => name.startsWith('Part '));
const linesOf = (dependency: string) => sections.get(dependency) ?? [];
const publicLines = DEPENDENCIES.flatMap(linesOf);
const lines = [...parts.flatMap(([, ofPart]) => ofPart), ...publicLines];

const isThere = (path: string) => path !== '' && existsSync(join(repositoryRoot, path));

/** `file`: “title”, “title” */
function provesByTests(proof: string): boolean {
  const file = /^`([\w./-]+\.spec\.ts)`: “/.exec(proof)?.[1] ?? '';
  const titles = [...proof.matchAll(/“([^”]+)”/g)].map(([, title]) => title ?? '');
  return isThere(file) && titles.length > 0 && titles.every((title) => hasTest(file, title));
}

const hasReason = (proof: string) => /^none: \S.{9,}/.test(proof);
const filesIn = (how: string) => [...how.matchAll(/`([\w./-]+)`/g)].map(([, path]) => path ?? '');
const isTried = (how: string) => /^tried: \S.{2,}/.test(how);
/** What was read names the file that decides. */
const isRead = (how: string) => /^read: \S/.test(how) && filesIn(how).some(isThere);

/** Project and number, and the address of the same. */
function isPublicReport(report: string): boolean {
  const link =
    /^\[([\w.-]+\/[\w.-]+) #(\d+)\]\(https:\/\/github\.com\/(.+)\/(issues|pull)\/(\d+)\)$/;
  const [, project, number, linked, , linkedNumber] = link.exec(report) ?? [];
  return project !== undefined && project === linked && number === linkedNumber;
}

it('every dependency has at least six reports, and no other section claims to be one', () => {
  const few = DEPENDENCIES.filter((dependency) => linesOf(dependency).length < LINES_MIN);
  expect(few).toEqual([]);
  const others = [...sections.keys()].filter((name) => !DEPENDENCIES.includes(name));
  expect(others).toEqual(parts.map(([name]) => name));
  expect(publicLines.length).toBeGreaterThanOrEqual(PUBLIC_LINES_MIN);
});

it('every report of a dependency is public, with its own address, and stands once', () => {
  expect(publicLines.filter(({ report }) => !isPublicReport(report))).toEqual([]);
  const reports = publicLines.map(({ report }) => report);
  expect(reports.filter((report, index) => reports.indexOf(report) !== index)).toEqual([]);
});

it('every line says what was seen there, whether it was read or tried, and what happened here', () => {
  const isComplete = ({ symptom, how, outcome }: Line) =>
    symptom.length > 20 && (isTried(how) || isRead(how)) && outcome.length > 3;
  expect(lines.filter((line) => !isComplete(line))).toEqual([]);
});

it('every line names a test that exists, or the reason why none is needed', () => {
  const hasProof = ({ proof }: Line) => provesByTests(proof) || hasReason(proof);
  expect(lines.filter((line) => !hasProof(line))).toEqual([]);
  const failed = lines.filter(({ outcome }) => outcome.startsWith('**failed**'));
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.filter(({ proof }) => !provesByTests(proof))).toEqual([]);
});

it('finds what is missing in a line, or the checks above are blind', () => {
  const test = '`tools/docs-lint/failure-catalogue.spec.ts`';
  expect(provesByTests(`${test}: “a test that is gone”`)).toBe(false);
  expect(provesByTests('`tools/gone.spec.ts`: “a title”')).toBe(false);
  expect(hasReason('none: no')).toBe(false);
  expect(isRead('read: `libs/gone.ts`')).toBe(false);
  expect(isTried('tried it')).toBe(false);
  expect(isPublicReport('[a/b #1](https://github.com/a/b/issues/2)')).toBe(false);
  expect(lineOf('| a | b | c | d | none: a long reason | e |').proof).toBe('');
});
