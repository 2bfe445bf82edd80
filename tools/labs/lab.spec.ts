import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../repository-root.js';
import { boundsOf, isHeld } from './lab.js';
import { LABS } from './labs.js';

it.each([
  [{ value: 5, atLeast: 5, atMost: 5 }, true, 'exactly 5'],
  [{ value: 4, atLeast: 5 }, false, 'at least 5'],
  [{ value: 1, atMost: 0 }, false, 'at most 0'],
  [{ value: 3, atLeast: 1, atMost: 5 }, true, 'from 1 to 5'],
  [{ value: NaN, atMost: 5 }, false, 'at most 5'],
])('%j holds: %p', (bounds, holds, shown) => {
  const claim = { claim: 'a claim', ...bounds };
  expect(isHeld(claim)).toBe(holds);
  expect(boundsOf(claim)).toBe(shown);
});

it('every lab has its own name, at most 5 minutes, and says what it does not show', () => {
  const names = LABS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const lab of LABS) {
    expect(lab.minutes).toBeLessThanOrEqual(5);
    expect(lab.doesNotShow.length).toBeGreaterThan(0);
    expect(lab.claim).toMatch(/\.$/);
  }
});

describe('docs/labs.md', () => {
  const text = readFileSync(join(repositoryRoot, 'docs', 'labs.md'), 'utf8');
  const inOneLine = (part: string) => part.replaceAll(/\s+/g, ' ');

  it.each(LABS)('has the claim, the failure window and the command of $name', (lab) => {
    const section = text.split(/^## /m).find((part) => part.startsWith(`${lab.name}\n`)) ?? '';
    expect(inOneLine(section)).toContain(lab.claim);
    expect(inOneLine(section)).toContain(lab.failureWindow);
    expect(section).toContain(`npm run lab -- ${lab.name}`);
  });

  it('shows only pictures that exist', () => {
    const pictures = [...text.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, path]) => path ?? '');
    expect(pictures.filter((path) => !existsSync(join(repositoryRoot, 'docs', path)))).toEqual([]);
  });
});
