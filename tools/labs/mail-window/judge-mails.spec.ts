import { isHeld } from '../lab.js';
import {
  judgeOutage,
  judgeSweep,
  mailWindowClaims,
  stepOf,
  type JudgedReceipt,
  type MailWindowOutcomes,
} from './judge-mails.js';

it.each([
  [{}, 'not begun'],
  [{ claimedMs: 1 }, 'claimed'],
  [{ claimedMs: 1, contentMs: 2 }, 'content sent'],
  [{ claimedMs: 1, contentMs: 2, markedMs: 3 }, 'marked'],
])('%j is %s', (steps, step) => {
  expect(stepOf(steps)).toBe(step);
});

const receipt = (one: Partial<JudgedReceipt>): JudgedReceipt => ({
  step: 'marked',
  afterClaimMs: 1,
  mails: 1,
  hasEvidence: false,
  ...one,
});

it('counts harm inside and outside the window, and evidence that was not needed', () => {
  const all = [
    receipt({ step: 'content sent', mails: 2, hasEvidence: true }),
    receipt({ mails: 2 }),
    receipt({ step: 'claimed', hasEvidence: true }),
    receipt({ mails: 0 }),
  ];
  expect(judgeSweep(all, { window: 'content sent', kills: 1 })).toEqual({
    kills: 1,
    receipts: 4,
    inWindow: 1,
    lost: 1,
    lostOutside: 1,
    doubled: 2,
    doubledOutside: 1,
    doubledWithoutEvidence: 1,
    evidenceWithoutDouble: 1,
  });
});

it('counts what an outage doubled and what it delayed', () => {
  const at = (ms: number) => new Date(ms);
  const outage = { redelivered: ['a'], fresh: ['b', 'c'], publishedAt: at(0), healedAt: at(100) };
  const times = new Map([
    ['b', at(50)],
    ['c', at(130)],
  ]);
  const outcome = judgeOutage(outage, {
    mailsOf: (id) => (id === 'a' ? 2 : 1),
    hasEvidence: () => false,
    mailedAt: (id) => times.get(id),
  });
  expect(outcome).toMatchObject({ doubled: 1, doubledWithoutEvidence: 1, lost: 0 });
  expect(outcome).toMatchObject({ mailedMeanwhile: 1, latestMs: 130, awayMs: 100 });
});

describe('the claims', () => {
  const sweep = {
    kills: 1,
    receipts: 50,
    inWindow: 4,
    lost: 0,
    lostOutside: 0,
    doubled: 0,
    doubledOutside: 0,
    doubledWithoutEvidence: 0,
    evidenceWithoutDouble: 0,
  };
  const outage = {
    payments: 10,
    awayMs: 1_000,
    doubled: 0,
    doubledWithoutEvidence: 0,
    lost: 0,
    mailedMeanwhile: 0,
    latestMs: 1_200,
  };
  const good: MailWindowOutcomes = {
    product: { ...sweep, doubled: 4 },
    markerFirst: { ...sweep, lost: 4 },
    failClosed: outage,
    failOpen: { ...outage, doubled: 10, doubledWithoutEvidence: 10 },
  };
  const broken = (other: Partial<MailWindowOutcomes>) =>
    mailWindowClaims({ ...good, ...other }).filter((claim) => !isHeld(claim)).length;

  it('hold for what each way promises', () => {
    expect(broken({})).toBe(0);
  });

  it.each([
    ['a double outside the window', { product: { ...good.product, doubledOutside: 1 } }],
    ['a double without evidence', { product: { ...good.product, doubledWithoutEvidence: 1 } }],
    ['a lost receipt', { product: { ...good.product, lost: 1 } }],
    ['a kill in the window that did no harm', { product: { ...good.product, doubled: 3 } }],
    ['a marker first that loses nothing', { markerFirst: sweep }],
    ['a marker first that doubles', { markerFirst: { ...good.markerFirst, doubled: 1 } }],
    ['an outage that doubled', { failClosed: { ...outage, doubled: 1 } }],
    ['a mail without Redis', { failClosed: { ...outage, mailedMeanwhile: 1 } }],
    ['a fail open that asked', { failOpen: outage }],
  ])('fail for %s', (_, other) => {
    expect(broken(other)).toBeGreaterThan(0);
  });

  it('fail when no kill hit the window', () => {
    const none = { ...sweep, inWindow: 0 };
    expect(broken({ product: none })).toBe(1);
    expect(broken({ markerFirst: none })).toBe(1);
  });
});
