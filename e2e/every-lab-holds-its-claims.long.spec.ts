import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LABS } from '../tools/labs/labs.js';
import type { LabReceipt } from '../tools/labs/lab.js';

/** The shortest lab that starts servers. */
const SAMPLE = 'dedup-window';
const names = process.env['LONG_SAMPLE'] ? [SAMPLE] : LABS.map(({ name }) => name);

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'every-lab-'))));
afterAll(() => rmSync(folder, { recursive: true }));

// `npm run lab -- all`, but a lab that fails does not hide the result of the next one.
it.each(names)('%s holds its claims at its full size', async (name) => {
  const program = join('tools', 'dist', 'cli', 'operate', 'lab.js');
  const asked = [program, name, '--folder', folder, '--json'];
  const { stderr } = await promisify(execFile)(process.execPath, asked).catch(
    // A claim that does not hold is judged below, with its value.
    (error: Error & { stderr: string }) => error,
  );
  console.log(stderr);
  const { claims } = JSON.parse(
    readFileSync(join(folder, name, 'receipt.json'), 'utf8'),
  ) as LabReceipt;
  expect(claims.length).toBeGreaterThan(0);
  expect(claims.filter(({ holds }) => !holds)).toEqual([]);
});
