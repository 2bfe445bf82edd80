import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../../repository-root.js';
import { costPerMillion, readPrices, type Prices } from './price-model.js';

const file = join(repositoryRoot, 'tools/bench/cost/prices.json');
const kept = { unit: 'GB-month', price: 2, copies: 3, keptDays: 15, comment: 'x' } as const;
const prices: Prices = {
  comment: 'x',
  currency: 'EUR',
  prices: {
    cpu: { unit: 'core-hour', price: 0.5, comment: 'x' },
    wal: { unit: 'GB written', price: 0.25, comment: 'x' },
    topic: kept,
    index: kept,
    redis: kept,
    journal: kept,
  },
};

it('prices CPU by the core-hour, and the idle system by its share at the rate', () => {
  const [own, idle] = costPerMillion({ cpuMs: 7.2, idleCpuMs: 3.6 }, prices);
  expect(own).toMatchObject({ amount: 2, unit: 'core-hour', cost: 1 });
  expect(idle).toMatchObject({ amount: 1, cost: 0.5 });
});

it('prices what is written once by its bytes, and what is kept by copies and time', () => {
  const lines = costPerMillion({ cpuMs: 0, idleCpuMs: 0, wal: 4_000, topic: 1_000 }, prices);
  expect(lines[2]).toEqual({ what: 'wal', amount: 4, unit: 'GB written', cost: 1 });
  expect(lines[3]).toEqual({ what: 'topic', amount: 1.5, unit: 'GB-month', cost: 3 });
});

it('has no line for what was not measured', () => {
  const lines = costPerMillion({ cpuMs: 1, idleCpuMs: 1, redis: 100 }, prices);
  expect(lines.slice(2).map(({ what }) => what)).toEqual(['redis']);
});

it('the price table of the repository can be read, and says that it holds examples', () => {
  const read = readPrices(file);
  expect(read.comment).toMatch(/^EXAMPLES/);
  expect(Object.values(read.prices).every(({ comment }) => comment.length > 0)).toBe(true);
});

it('refuses a table with another unit, and names the place', () => {
  const folder = mkdtempSync(join(tmpdir(), 'prices-'));
  try {
    const faulty = join(folder, 'prices.json');
    const cpu = { ...prices.prices.cpu, unit: 'minute' };
    writeFileSync(faulty, JSON.stringify({ ...prices, prices: { ...prices.prices, cpu } }));
    expect(() => readPrices(faulty)).toThrow(/prices\.json: prices\.cpu\.unit: /);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
