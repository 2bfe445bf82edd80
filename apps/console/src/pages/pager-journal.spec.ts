import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Problem } from '@effectively-once/platform';
import { PagerJournal } from './pager-journal.js';

const line = (n: number) => ({
  dedupKey: `key-${n}`,
  action: 'trigger',
  summary: `trouble ${n}`,
  severity: 'critical',
  runbook: null,
  at: new Date(n).toISOString(),
});
let journal: unknown[] = [];
let asked: string[] = [];
let server: Server;
let url: string;

beforeEach(async () => {
  [journal, asked] = [[line(0), line(1)], []];
  server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://pager');
    const after = Number(searchParams.get('after'));
    asked.push(String(after));
    const entries = journal.slice(after);
    response.end(JSON.stringify({ entries, nextAfter: after + entries.length }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => void server.close());

const keys = async (pager: PagerJournal) =>
  (await pager.recentPages()).map(({ dedupKey }) => dedupKey);

describe('the pager’s journal', () => {
  it('is read from the position where the last read ended', async () => {
    const pager = new PagerJournal(url);
    await expect(keys(pager)).resolves.toEqual(['key-1', 'key-0']);
    journal.push(line(2));
    await expect(keys(pager)).resolves.toEqual(['key-2', 'key-1', 'key-0']);
    expect(asked).toEqual(['0', '2', '2', '3']);
  });

  it('is read once for two concurrent requests', async () => {
    const pager = new PagerJournal(url);
    const [one, other] = await Promise.all([keys(pager), keys(pager)]);
    expect(one).toEqual(['key-1', 'key-0']);
    expect(other).toEqual(one);
    expect(asked).toEqual(['0', '2']);
  });

  it('is a problem and no empty list while the pager is away', async () => {
    const pager = new PagerJournal('http://127.0.0.1:1');
    await expect(pager.recentPages()).rejects.toBeInstanceOf(Problem);
    await expect(pager.recentPages()).rejects.toMatchObject({ code: 'pager_unreadable' });
  });
});
