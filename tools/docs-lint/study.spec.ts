import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { repositoryRoot } from '../repository-root.js';
import { files, read } from './source-tree.fixture.js';
import { hasTest } from './test-titles.fixture.js';

/*
 * The tests, links and numbers of the documents to study from. documents.spec.ts checks their paths
 * and commands.
 */
const GUIDE = 'docs/interview-guide.md';
const MEASURED = 'docs/measured.md';
const records = files.filter((file) => /^docs\/adr\/.*\.md$/.test(file));
const documents = [GUIDE, 'docs/README.md', 'docs/comparison.md', 'docs/glossary.md', ...records];

const ANSWER_LINES_MAX = 8;
// A longer line counts as several, as a reader sees it. The address of a link is not seen.
const COLUMNS = 130;

/** The first group of each match. */
const found = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].map(([, group]) => group ?? '');

/** `file`: “title”, “title” */
function unknownTests(text: string): string[] {
  const groups = text.matchAll(/`([\w./-]+\.spec\.ts)`:\s+((?:“[^”]+”(?:,\s+)?)+)/g);
  return [...groups].flatMap(([, file = '', titles = '']) =>
    found(titles, /“([^”]+)”/g)
      .filter((title) => !existsSync(join(repositoryRoot, file)) || !hasTest(file, title))
      .map((title) => `${file}: ${title}`),
  );
}

/** GitHub's anchor of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number} _-]/gu, '')
    .replaceAll(' ', '-');

const headingsOf = (text: string) => found(text, /^#{1,6} (.+)$/gm);

/** Links to a file or heading that does not exist. */
function brokenLinks(document: string, text: string): string[] {
  const links = found(text, /\]\((?!https?:)([^)\s]+)\)/g);
  return links.filter((link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? document : posix.join(posix.dirname(document), path);
    if (!existsSync(join(repositoryRoot, target))) return true;
    const headings = target === document ? headingsOf(text) : undefined;
    return anchor !== undefined && !(headings ?? headingsOf(read(target))).some(isAt(anchor));
  });
}

const isAt = (anchor: string) => (heading: string) => anchorOf(heading) === anchor;

/** A bullet of a list with its continuation lines. */
const bulletsOf = (text: string) => found(text, /^- (.*(?:\n {2}\S.*)*)/gm);

const numbersIn = (text: string) =>
  found(text, /(\d[\d,.]*)/g).map((number) => number.replace(/[.,]+$/, ''));

function sectionAt(anchor: string): string {
  const sections = read(MEASURED).split(/^(?=#{2,6} )/m);
  return sections.find((section) => isAt(anchor)(headingsOf(section)[0] ?? '')) ?? '';
}

const SOURCE =
  /^\*\*Measured\*\* \(\[\w+\]\((?:\.\.\/)?measured\.md#([\w-]+)\), `npm run ([\w:]+(?: -- [\w-]+)?)`\):/;

/**
 * **Measured** ([name](measured.md#section), `npm run command`): numbers. Each number and the
 * command stand in that section. **Measured:** without a section has no numbers.
 */
function unmeasured(text: string): string[] {
  return bulletsOf(text)
    .filter((bullet) => bullet.startsWith('**Measured'))
    .flatMap((bullet) => {
      const [head = '', anchor = '', command = ''] = SOURCE.exec(bullet) ?? ['**Measured:**'];
      const section = anchor === '' ? '' : sectionAt(anchor);
      const claims = bullet.slice(head.length).replace(/`[^`]*`|\b[A-E]\d+\b/g, '');
      const missing = numbersIn(claims).filter((one) => !numbersIn(section).includes(one));
      const isCommandNamed = anchor === '' || section.includes(`npm run ${command}`);
      return [...missing, ...(isCommandNamed ? [] : [command])].map((one) => `${one}: ${bullet}`);
    });
}

/** Answers of parts A to E: the heading, and how many lines a reader sees. */
function answersOf(text: string): { question: string; lines: number }[] {
  const parts = text.split(/^(?=#{2,3} )/m).filter((part) => /^### [A-E]\d+\. /.test(part));
  return parts.map((part) => {
    const [question = '', ...body] = part.split('\n');
    const seen = body
      .map((line) => line.replace(/\]\([^)]*\)/g, ']'))
      .filter((line) => line.trim() !== '' && !line.startsWith('<!--'));
    const rows = (line: string) => (line.startsWith('|') ? 1 : Math.ceil(line.length / COLUMNS));
    return { question, lines: seen.reduce((sum, line) => sum + rows(line), 0) };
  });
}

it.each(documents)('every test and link in %s leads to what it names', (document) => {
  expect(unknownTests(read(document))).toEqual([]);
  expect(brokenLinks(document, read(document))).toEqual([]);
});

it.each(documents)(
  'every measured number in %s stands where it says, with its command',
  (document) => {
    expect(unmeasured(read(document))).toEqual([]);
  },
);

it('the interview guide has measured numbers, or the check above is blind', () => {
  const measured = bulletsOf(read(GUIDE)).filter((one) => one.startsWith('**Measured**'));
  expect(measured.length).toBeGreaterThan(15);
});

it(`no answer in the interview guide has more than ${ANSWER_LINES_MAX} lines`, () => {
  const answers = answersOf(read(GUIDE));
  expect(answers.length).toBeGreaterThan(40);
  expect(answers.filter(({ lines }) => lines > ANSWER_LINES_MAX)).toEqual([]);
});

it('every decision record says what is bad about it, and what would change it', () => {
  const decisions = records.filter((record) => !record.endsWith('/README.md'));
  expect(decisions.length).toBeGreaterThanOrEqual(10);
  const sections = ['Context', 'Decision', 'Good consequences', 'Bad consequences'];
  for (const decision of decisions) {
    expect([decision, headingsOf(read(decision)).slice(1)]).toEqual([
      decision,
      [...sections, 'What would change our mind'],
    ]);
  }
});

describe('finds what is false, or the checks above are blind:', () => {
  it('a test and a link that do not exist', () => {
    const spec = 'tools/docs-lint/limits.spec.ts';
    for (const space of [' ', '\n  ']) {
      const reference = `\`${spec}\`:${space}“it is not there”`;
      expect(unknownTests(reference)).toEqual([`${spec}: it is not there`]);
    }
    const text = '## Here\n[a](#here) [b](#there) [c](gone.md) [d](measured.md#nowhere)';
    expect(brokenLinks(MEASURED, text)).toEqual(['#there', 'gone.md', 'measured.md#nowhere']);
  });

  it('a number that is in another section, or in none, and a command of another section', () => {
    const measured = (command: string, claim: string) =>
      unmeasured(`- **Measured** ([x](measured.md#delivery), \`npm run ${command}\`): ${claim}`);
    expect(measured('bench:delivery', '6 partitions,\n  1,000 users')).toEqual([]);
    expect(measured('bench:delivery', '123,456/s')).toHaveLength(1);
    expect(measured('bench:checkout', '6 partitions')).toHaveLength(1);
    expect(unmeasured('- **Measured:** not measured, but 5 ms')).toHaveLength(1);
    expect(unmeasured('- **Measured** (somewhere): 5 ms')).toHaveLength(1);
  });

  it('an answer that is too long', () => {
    const line = `- ${'x'.repeat(COLUMNS)}\n`;
    expect(answersOf(`### A1. Why?\n\n${line.repeat(5)}`)[0]?.lines).toBe(10);
  });
});
