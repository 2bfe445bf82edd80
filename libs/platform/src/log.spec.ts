import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '@effectively-once/testing';
import { createLogger } from './log.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-'));
  file = join(folder, 'app.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

const written = () =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { msg: string }).msg);

it('writes lines of info together, and soon', async () => {
  const logger = createLogger('test', file);
  logger.info('first');
  logger.info('second');
  expect(written()).toEqual([]);
  await waitUntil('both lines', () => written().length === 2);
});

it('writes a warning at once, behind the lines before it', () => {
  const logger = createLogger('test', file);
  logger.info('before');
  logger.warn('warning');
  expect(written()).toEqual(['before', 'warning']);
  logger.info('after');
  logger.fatal('fatal');
  expect(written()).toEqual(['before', 'warning', 'after', 'fatal']);
});

it('writes what is left when the process exits', () => {
  const logger = createLogger('test', file);
  const onExit = process.listeners('exit').at(-1);
  logger.info('last words');
  onExit?.(0);
  expect(written()).toEqual(['last words']);
});
