import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFromWorkingDirectory } from './relocate.js';

it('replaces every occurrence of the path by the same number of characters', () => {
  const folder = mkdtempSync(join(tmpdir(), 'relocate-'));
  const program = join(folder, 'program');
  writeFileSync(program, Buffer.from('\x00a/usr/share/x/ui/b/usr/share/xc\xff', 'latin1'));
  openFromWorkingDirectory(program, '/usr/share/x');
  expect(readFileSync(program).toString('latin1')).toBe('\x00a././././././/ui/b././././././c\xff');
  rmSync(folder, { recursive: true });
});
