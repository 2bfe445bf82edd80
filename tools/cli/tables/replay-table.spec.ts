import { roughAge, offsetPlanText, paymentPlanText, verdictText } from './replay-table.js';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const HOUR = 3_600_000;
const plan = {
  consumer: 'loyalty' as const,
  partitions: [
    {
      partition: 0,
      from: 12n,
      end: 40n,
      records: 28,
      absorbed: 27,
      undecodable: 0,
      oldestMs: NOW - 3 * HOUR,
    },
    {
      partition: 4,
      from: 0n,
      end: 2n,
      records: 2,
      absorbed: 1,
      undecodable: 1,
      oldestMs: NOW - HOUR,
    },
  ],
  wouldRepeat: { count: 0, ids: [] },
  expired: [],
  beginsLater: false,
  deadLetters: { pending: 0, discarded: 0 },
};

it('says how many records there are, how old, and how many are absorbed', () => {
  const text = offsetPlanText(plan, NOW);
  expect(text).toMatch(/│ 0 +│ 12 +│ 40 +│ 28 +│ 3 h +│ 27 +│/);
  expect(text).toContain('30 records to loyalty once more, the oldest is 3 h old');
  expect(text).toContain(
    '28 have their effect and will be absorbed, 1 have none, 1 are poison pills',
  );
});

it('says so when there is nothing to deliver', () => {
  expect(offsetPlanText({ ...plan, partitions: [] }, NOW)).toBe(
    '0 records to loyalty once more\n0 have their effect and will be absorbed, 0 have none',
  );
});

it('points to --from-payments when the topic has deleted records', () => {
  const expired = [{ partition: 2, from: 5n, end: 9n }];
  expect(offsetPlanText({ ...plan, expired }, NOW)).toContain(
    'the topic has deleted 4 offsets that this consumer never completed (2: 5 to 9); only --from-payments',
  );
  expect(offsetPlanText({ ...plan, beginsLater: true }, NOW)).toContain(
    'no longer has all records since that time; --from-payments brings older ones',
  );
});

it('warns that a discarded dead letter is attempted once more', () => {
  const deadLetters = { pending: 1, discarded: 2 };
  expect(offsetPlanText({ ...plan, deadLetters }, NOW)).toContain(
    'records that were dead-lettered: 1 pending, 2 discarded; they are attempted once more',
  );
});

it('names the receipts that a replay from payments leaves out', () => {
  const text = paymentPlanText(
    {
      consumer: 'email',
      payments: 3,
      range: { firstMs: NOW - 48 * HOUR, lastMs: NOW },
      sent: 2,
      absorbed: 1,
      leftOut: { count: 1, ids: ['p1'] },
    },
    NOW,
  );
  expect(text).toContain('2 payments to the redrive topic of email, the oldest completed 2 d ago');
  expect(text).toContain('1 have their effect and will be absorbed, 1 have none');
  expect(text).toContain('1 payment left out: the mail provider has accepted the receipt');
  expect(text).toContain('(p1)');
});

it('says the verdict in the words of the control room', () => {
  expect(verdictText({ lost: 0, doubled: 0, late: 1, other: 0, payments: 50 })).toBe(
    '0 lost · 0 doubled · 1 late · 0 other, of 50 payments',
  );
});

it.each([
  [0, '0 s'],
  [119_000, '119 s'],
  [120_000, '2 min'],
  [2 * HOUR, '2 h'],
  [47 * HOUR, '47 h'],
  [48 * HOUR, '2 d'],
])('%d ms are %s', (ms, text) => expect(roughAge(ms)).toBe(text));
