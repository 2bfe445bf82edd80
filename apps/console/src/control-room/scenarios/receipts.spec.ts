import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ScenarioRun } from '@effectively-once/scenarios';
import { Receipts } from './receipts.js';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'receipts-'))));
afterEach(() => rm(folder, { recursive: true }));

const run = (id: string, state: ScenarioRun['state'], minute = 0): ScenarioRun => ({
  id,
  scenario: 'double-click',
  title: 'A double click on Pay',
  state,
  startedAt: `2026-11-20T12:${String(minute).padStart(2, '0')}:00.000Z`,
  endedAt: null,
  steps: [],
  why: null,
  verdict: null,
});

it('outlive the console, oldest first', () => {
  new Receipts(folder).write(run('b', 'ok', 2));
  new Receipts(folder).write(run('a', 'failed', 1));
  expect(new Receipts(folder).load().map(({ id, state }) => ({ id, state }))).toEqual([
    { id: 'a', state: 'failed' },
    { id: 'b', state: 'ok' },
  ]);
});

it('of a console that died are interrupted, and stay so', () => {
  new Receipts(folder).write(run('a', 'running'));
  new Receipts(folder).load();
  expect(new Receipts(folder).load()).toMatchObject([{ id: 'a', state: 'interrupted' }]);
});

it('are shown although one file is damaged', async () => {
  await writeFile(join(folder, 'damaged.json'), '{');
  new Receipts(folder).write(run('a', 'ok'));
  expect(new Receipts(folder).load()).toHaveLength(1);
});
