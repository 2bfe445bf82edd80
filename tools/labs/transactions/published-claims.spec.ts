import { holdsAt, PUBLISHED_CLAIMS, transactionCosts } from './published-claims.js';
import type { ProducerCost } from './producers/measure-producers.js';

const cost = (mode: ProducerCost['mode'], perSecond: number, ackMs: number): ProducerCost => ({
  mode,
  perSecond,
  rounds: [perSecond],
  ackMeanMs: ackMs,
  ackP50Ms: ackMs,
  ackP99Ms: ackMs * 10,
  visibleMs: [],
  visibleP50Ms: ackMs,
  visibleP99Ms: ackMs,
  unseen: 0,
});

const costs = transactionCosts([
  cost('acks=all', 1_100, 1),
  cost('idempotent', 1_000, 1),
  cost('commit every 10 ms', 400, 2),
  cost('commit every 100 ms', 750, 1.4),
  cost('commit every 1,000 ms', 1_050, 1),
]);

it('compares each commit interval with the idempotent producer', () => {
  expect(costs.map(({ commitEveryMs }) => commitEveryMs)).toEqual([10, 100, 1_000]);
  expect(costs.map(({ throughputLost }) => Number(throughputLost.toFixed(2)))).toEqual([
    0.6, 0.25, -0.05,
  ]);
});

it('says at which commit intervals each published claim holds', () => {
  expect(PUBLISHED_CLAIMS.map((claim) => holdsAt(claim, costs))).toEqual([
    '100 ms',
    '100 ms',
    '100 ms',
    '10 ms',
  ]);
  expect(holdsAt(PUBLISHED_CLAIMS[0]!, costs.slice(2))).toBe('none');
});

it('refuses a comparison without the idempotent producer', () => {
  expect(() => transactionCosts([])).toThrow('was not measured');
});
