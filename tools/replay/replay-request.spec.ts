import { replayRequest } from './replay-request.js';

const consumer = 'loyalty' as const;
const from = new Date('2026-11-20T12:00:00Z');

it.each([
  ['--from', { from }, { kind: 'offsets', wanted: { since: from } }],
  [
    '--partition and --offset',
    { partition: 3, offset: 7n },
    { kind: 'offsets', wanted: { partition: 3, offset: 7n } },
  ],
  ['--from-payments', { fromPayments: true as const }, { kind: 'payments', since: new Date(0) }],
  [
    '--from-payments with --from',
    { fromPayments: true as const, from },
    { kind: 'payments', since: from },
  ],
])('takes %s', (_, given, expected) => {
  expect(replayRequest({ consumer, ...given })).toEqual(expected);
});

it.each([
  ['nothing', {}, 'pass --from TIME, --partition P --offset N, or --from-payments'],
  ['an offset without its partition', { offset: 7n }, 'belong together'],
  ['a partition without an offset', { partition: 3 }, 'belong together'],
  ['a time and an offset', { from, partition: 3, offset: 7n }, 'not both'],
  ['payments and an offset', { fromPayments: true as const, partition: 0, offset: 0n }, 'not both'],
])('refuses %s', (_, given, why) => {
  expect(() => replayRequest({ consumer, ...given })).toThrow(why);
});
