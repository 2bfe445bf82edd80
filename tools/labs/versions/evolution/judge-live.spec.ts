import { isHeld } from '../../lab.js';
import { liveClaims, livePicture, type LiveChange } from './judge-live.js';

const good: LiveChange = {
  startedAtMs: 0,
  mistakeAtMs: 8_000,
  endedAtMs: 10_000,
  mistaken: 'loyalty',
  deploys: [
    { service: 'payments', to: 'N', startedAtMs: 4_000, readyAtMs: 5_000, endedAtMs: 6_000 },
  ],
  deadLetters: { inOrder: 0, byMistake: 5, redriven: 5 },
  published: [
    { version: 1, atMs: 1_500 },
    { version: 2, atMs: 6_500 },
  ],
  checkouts: [{ dueAtMs: 0, tookMs: 10, requests: 1, status: 201, paymentId: 'p-1' }],
  verdict: { lost: 0, doubled: 0, late: 0, other: 0, payments: 2 },
};

const broken = (live: LiveChange) =>
  liveClaims(live)
    .filter((claim) => !isHeld(claim))
    .map(({ claim }) => claim);

it('every claim of a good run holds', () => {
  expect(broken(good)).toEqual([]);
});

it.each<[string, Partial<LiveChange>]>([
  ['live: events of version 1', { published: [{ version: 2, atMs: 0 }] }],
  ['live: events of version 2', { published: [{ version: 1, atMs: 0 }] }],
  [
    'live, expand and contract: dead letters',
    { deadLetters: { inOrder: 1, byMistake: 5, redriven: 5 } },
  ],
  [
    'live, an old reader after the switch: dead letters',
    { deadLetters: { inOrder: 0, byMistake: 0, redriven: 0 } },
  ],
  [
    'live: dead letters that were not redriven',
    { deadLetters: { inOrder: 0, byMistake: 5, redriven: 4 } },
  ],
  ['live: customers without a paid order', { checkouts: [{ ...good.checkouts[0]!, status: 0 }] }],
  ['live: payments that lost something', { verdict: { ...good.verdict, lost: 1 } }],
  ['live: payments that have something twice', { verdict: { ...good.verdict, doubled: 1 } }],
  ['live: payments that wait for something at the end', { verdict: { ...good.verdict, late: 1 } }],
  ['live: other violations', { verdict: { ...good.verdict, other: 1 } }],
])('a run breaks the claim “%s” alone', (claim, changed) => {
  expect(broken({ ...good, ...changed })).toEqual([claim]);
});

it('the picture names each deploy and the mistake', () => {
  const picture = livePicture(good);
  for (const text of ['payments → N', 'N-1 of loyalty joins', 'version 2 published'])
    expect(picture).toContain(text);
});
