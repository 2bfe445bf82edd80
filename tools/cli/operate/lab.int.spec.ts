import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LABS } from '../../labs/labs.js';
import { repositoryRoot } from '../../repository-root.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'lab-command-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function lab(...args: string[]) {
  const program = join(repositoryRoot, 'tools', 'dist', 'cli', 'operate', 'lab.js');
  return spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
}

it('lists every lab with its claim and minutes', () => {
  const { status, stdout } = lab('--json');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toEqual(
    LABS.map(({ name, claim, minutes }) => ({ name, claim, minutes })),
  );
});

// The shortest one, because this is about the command.
it('prints the seed and ends with what the lab does not show; it writes receipt and picture', () => {
  const { status, stdout } = lab('dedup-window', '--small', '--seed', '7', '--folder', folder);
  expect(stdout).toContain('seed 7');
  expect(stdout).toMatch(/what this does not show:\n {2}- /);
  expect(status).toBe(0);
  const receipt = JSON.parse(readFileSync(join(folder, 'dedup-window', 'receipt.json'), 'utf8'));
  expect(receipt).toMatchObject({ lab: 'dedup-window', seed: 7, version: 'small' });
  expect(existsSync(join(folder, 'dedup-window', 'picture.svg'))).toBe(true);
});

it('refuses a lab that does not exist, and a seed that is no number', () => {
  const unknown = lab('xyz');
  expect(unknown.status).toBe(1);
  expect(unknown.stderr).toContain('there is no lab “xyz”');
  expect(lab('dedup-window', '--seed', 'x', '--folder', folder).status).toBe(1);
});
