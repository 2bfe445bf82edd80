import type { PipelineEvidence } from '../audit/count-effects.js';
import { effectLatencies, lastEffectAtMs } from './latency.js';

const payment = { userId: 'alice', points: 12, completedAtMs: 1_000 };
const at = (paymentId: string, atMs: number) => ({ paymentId, atMs });
const evidence: PipelineEvidence = {
  accepted: new Set(['a', 'b']),
  payments: new Map([
    ['a', payment],
    ['b', payment],
    ['before', payment],
  ]),
  charges: [],
  mails: [at('a', 1_010), at('a', 9_000), at('b', 1_030), at('before', 99_000)],
  points: [at('a', 1_020), at('b', 1_005)],
  documents: [at('a', 1_001), at('b', NaN)],
  balances: new Map(),
};
const paid = new Set(['a', 'b']);

it('measures to the first of repeated effects, and only the payments of the load', () => {
  const { mails, points } = effectLatencies(evidence, paid);
  expect(mails).toEqual({ p50: 10, p99: 30 });
  expect(points).toEqual({ p50: 5, p99: 20 });
});

it('leaves out an effect whose time is not known', () => {
  expect(effectLatencies(evidence, paid).documents).toEqual({ p50: 1, p99: 1 });
});

it('measures to the last effect of each payment', () => {
  const documents = [at('a', 1_001), at('b', 1_002)];
  expect(effectLatencies({ ...evidence, documents }, paid).all).toEqual({ p50: 20, p99: 30 });
});

it('knows when the load was drained', () => {
  expect(lastEffectAtMs(evidence, paid)).toBe(1_030);
});
