import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deleteStack } from './stack-folder.js';

it('deletes the folder of a stack, and tells whether there was one', () => {
  const path = mkdtempSync(join(tmpdir(), 'stack-folder-'));
  writeFileSync(join(path, 'state.json'), '{}');
  expect(deleteStack({ path })).toBe(true);
  expect(existsSync(path)).toBe(false);
  expect(deleteStack({ path })).toBe(false);
});
