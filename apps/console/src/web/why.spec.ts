import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasTest } from '../../../../tools/docs-lint/test-titles.fixture.js';
import { repositoryRoot } from '../../../../tools/repository-root.js';
import { WHY } from './why.js';

const guarantees = readFileSync(join(repositoryRoot, 'docs/guarantees.md'), 'utf8');
const firstCells = new Set(
  guarantees.split('\n').flatMap((line) => /^\| (.+?) \| /.exec(line)?.[1] ?? []),
);

describe.each(Object.entries(WHY))('what the page says about %s', (_name, why) => {
  it('names files that exist', () => {
    const missing = [...why.files, why.test.file].filter(
      (file) => !existsSync(join(repositoryRoot, file)),
    );
    expect(missing).toEqual([]);
  });

  it('names a row of docs/guarantees.md', () => {
    expect(firstCells).toContain(why.guarantee);
  });

  it('names a test that exists', () => {
    expect(hasTest(why.test.file, why.test.title)).toBe(true);
  });
});
