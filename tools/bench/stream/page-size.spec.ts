import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzippedPageBytes, PAGE_BYTES_MAX, PAGE_FOLDER } from './page-size.js';

it('the built page, with all its scripts and styles, is at most 60 kB (60,000 bytes) gzipped', () => {
  const bytes = gzippedPageBytes();
  if (!('main.js' in bytes)) throw new Error(`${PAGE_FOLDER} is not built: run npm run build`);
  expect(Object.keys(bytes)).toEqual(expect.arrayContaining(['index.html', 'main.css']));
  const total = Object.values(bytes).reduce((sum, each) => sum + each, 0);
  expect(total).toBeLessThanOrEqual(PAGE_BYTES_MAX);
});

it('counts every file that a browser loads, also in folders, and no source map', () => {
  const folder = mkdtempSync(join(tmpdir(), 'page-'));
  try {
    mkdirSync(join(folder, 'parts'));
    const noise = Buffer.from(Array.from({ length: 5_000 }, (_, n) => (n * n * 7919) % 251));
    for (const name of ['main.js', 'main.js.map', 'parts/more.js', 'notes.txt'])
      writeFileSync(join(folder, name), noise);
    const bytes = gzippedPageBytes(folder);
    expect(Object.keys(bytes)).toEqual(['main.js', 'parts/more.js']);
    expect(Object.values(bytes).every((each) => each > 100 && each < 6_000)).toBe(true);
    expect(gzippedPageBytes(join(folder, 'missing'))).toEqual({});
  } finally {
    rmSync(folder, { recursive: true });
  }
});
