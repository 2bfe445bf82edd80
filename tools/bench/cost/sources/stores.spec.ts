import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { elasticsearchCountersIn, folderCounter, redisCountersIn } from './stores.js';

it('reads the commands, the memory and the file of Redis, and leaves out what INFO lacks', () => {
  const info = '# Stats\r\ntotal_commands_processed:12\r\nused_memory_dataset:3400\r\n';
  expect(redisCountersIn(info)).toEqual([
    { where: 'redis', what: 'commands', unit: 'times', value: 12 },
    { where: 'redis', what: 'memory of the data', unit: 'B', value: 3400 },
  ]);
});

it('adds up the nodes of Elasticsearch, and the routes of _bulk', () => {
  const route = { requests: { count: 2, total_size_in_bytes: 100 } };
  const node = {
    indices: {
      indexing: { index_total: 5 },
      refresh: { total: 1 },
    },
    http: { routes: { '/_bulk': route, '/{index}/_bulk': route, '/_search': route } },
  };
  const counters = elasticsearchCountersIn({ nodes: { a: node, b: { ...node, http: {} } } });
  expect(counters.map(({ what, unit, value }) => [what, unit, value])).toEqual([
    ['documents indexed', 'times', 10],
    ['refreshes', 'times', 2],
    ['_bulk requests', 'times', 4],
    ['_bulk requests', 'B', 200],
  ]);
});

it('adds up the files of a folder, and has none of a folder that is not here', () => {
  const folder = mkdtempSync(join(tmpdir(), 'journals-'));
  try {
    writeFileSync(join(folder, 'charges.jsonl'), 'x'.repeat(30));
    writeFileSync(join(folder, 'mails.jsonl'), 'x'.repeat(12));
    mkdirSync(join(folder, 'more'));
    const [counter] = folderCounter('journals', 'files', folder);
    expect(counter).toEqual({ where: 'journals', what: 'files', unit: 'B', value: 42 });
    expect(folderCounter('journals', 'files', join(folder, 'missing'))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
