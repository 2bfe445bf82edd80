import type { LabClaim } from '../lab.js';
import type { RedisOutage } from './redis-away.js';
import type { SweptReceipt } from './sweep.js';

/** The last step whose command had left the process when it was killed. */
export type SentStep = 'not begun' | 'claimed' | 'content sent' | 'marked';

/** What the world outside knows about a receipt. */
export interface MailEvidence {
  /** Mails in the journal of the provider. */
  mailsOf: (paymentId: string) => number;
  /** Entries in `email:maybe-duplicate`. */
  hasEvidence: (paymentId: string) => boolean;
}

export interface JudgedReceipt {
  step: SentStep;
  /** Time from the claim to the kill; NaN if there was no claim yet. */
  afterClaimMs: number;
  mails: number;
  hasEvidence: boolean;
  point?: string;
}

export function stepOf({ claimedMs, contentMs, markedMs }: SweptReceipt['steps']): SentStep {
  if (markedMs !== undefined) return 'marked';
  if (contentMs !== undefined) return 'content sent';
  return claimedMs === undefined ? 'not begun' : 'claimed';
}

export function judgeReceipt(
  { paymentId, point, steps, killedMs }: SweptReceipt,
  { mailsOf, hasEvidence }: MailEvidence,
): JudgedReceipt {
  return {
    step: stepOf(steps),
    afterClaimMs: killedMs - (steps.claimedMs ?? NaN),
    mails: mailsOf(paymentId),
    hasEvidence: hasEvidence(paymentId),
    ...(point === undefined ? {} : { point }),
  };
}

export interface SweepOutcome {
  kills: number;
  receipts: number;
  /** Killed inside the failure window. */
  inWindow: number;
  lost: number;
  lostOutside: number;
  doubled: number;
  doubledOutside: number;
  doubledWithoutEvidence: number;
  /** Evidence of a possible duplicate, and one mail: the claim was there, the mail was not. */
  evidenceWithoutDouble: number;
}

/** @param window the step after which a kill does harm. */
export function judgeSweep(
  all: readonly JudgedReceipt[],
  { window, kills }: { window: SentStep; kills: number },
): SweepOutcome {
  const count = (isOf: (one: JudgedReceipt) => boolean) => all.filter(isOf).length;
  const isInside = ({ step }: JudgedReceipt) => step === window;
  const isLost = ({ mails }: JudgedReceipt) => mails === 0;
  const isDoubled = ({ mails }: JudgedReceipt) => mails > 1;
  return {
    kills,
    receipts: all.length,
    inWindow: count(isInside),
    lost: count(isLost),
    lostOutside: count((one) => isLost(one) && !isInside(one)),
    doubled: count(isDoubled),
    doubledOutside: count((one) => isDoubled(one) && !isInside(one)),
    doubledWithoutEvidence: count((one) => isDoubled(one) && !one.hasEvidence),
    evidenceWithoutDouble: count((one) => one.mails === 1 && one.hasEvidence),
  };
}

export interface OutageOutcome {
  payments: number;
  awayMs: number;
  doubled: number;
  doubledWithoutEvidence: number;
  lost: number;
  /** Of the new payments, mailed before Redis was back. */
  mailedMeanwhile: number;
  /** The longest time from the publication of a new payment to its mail. */
  latestMs: number;
}

export function judgeOutage(
  { redelivered, fresh, publishedAt, healedAt }: RedisOutage,
  { mailsOf, hasEvidence, mailedAt }: MailEvidence & { mailedAt: (id: string) => Date | undefined },
): OutageOutcome {
  const all = [...redelivered, ...fresh];
  const doubled = all.filter((id) => mailsOf(id) > 1);
  const times = fresh.flatMap((id) => mailedAt(id) ?? []);
  return {
    payments: fresh.length,
    awayMs: healedAt.getTime() - publishedAt.getTime(),
    doubled: doubled.length,
    doubledWithoutEvidence: doubled.filter((id) => !hasEvidence(id)).length,
    lost: all.filter((id) => mailsOf(id) === 0).length,
    mailedMeanwhile: times.filter((time) => time < healedAt).length,
    latestMs: Math.max(...times.map((time) => time.getTime() - publishedAt.getTime())),
  };
}

export interface MailWindowOutcomes {
  product: SweepOutcome;
  markerFirst: SweepOutcome;
  failClosed: OutageOutcome;
  failOpen: OutageOutcome;
}

/** A window that no kill hit shows nothing, so each must be hit. */
export function mailWindowClaims(outcomes: MailWindowOutcomes): LabClaim[] {
  const { product, markerFirst, failClosed, failOpen } = outcomes;
  const exactly = (value: number) => ({ atLeast: value, atMost: value });
  const none = exactly(0);
  const all = exactly(failOpen.payments);
  return [
    {
      claim: 'marker after the mail: killed inside the window',
      value: product.inWindow,
      atLeast: 1,
    },
    {
      claim: 'marker after the mail: doubled',
      value: product.doubled,
      ...exactly(product.inWindow),
    },
    { claim: '… outside the window', value: product.doubledOutside, ...none },
    { claim: '… without evidence', value: product.doubledWithoutEvidence, ...none },
    { claim: 'marker after the mail: lost', value: product.lost, ...none },
    { claim: 'marker first: killed inside its window', value: markerFirst.inWindow, atLeast: 1 },
    { claim: 'marker first: lost', value: markerFirst.lost, ...exactly(markerFirst.inWindow) },
    { claim: '… outside its window', value: markerFirst.lostOutside, ...none },
    { claim: 'marker first: doubled', value: markerFirst.doubled, ...none },
    { claim: 'Redis away, fail open: doubled', value: failOpen.doubled, ...all },
    { claim: '… without evidence', value: failOpen.doubledWithoutEvidence, ...all },
    { claim: 'Redis away, fail closed: doubled', value: failClosed.doubled, ...none },
    { claim: 'Redis away, fail closed: lost', value: failClosed.lost, ...none },
    { claim: '… mailed before Redis was back', value: failClosed.mailedMeanwhile, ...none },
  ];
}
