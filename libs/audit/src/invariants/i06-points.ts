import { judgedPayments, latestStatus, type Evidence } from '../evidence/evidence.js';
import type { Judgement } from '../report.js';
import { contentOf } from '../evidence/content.js';
import { reportMissingEffect, missingEffectsOf } from '../evidence/missing-effect.js';

/**
 * I6: every payment has exactly one points entry, of its user, amount and currency; and every
 * balance is the sum of its entries. A dead letter (pending, discarded or in redrive) excuses a
 * missing entry.
 *
 * A finding means that a customer lost points (lost), or got them twice (doubled), of a wrong
 * amount or for nothing (other). A wrong balance is `other`: no entry of the user says which one.
 */
export function everyPaymentEarnsPointsOnce(evidence: Evidence): Judgement {
  const judgement: Judgement = { checked: 0, violated: [], late: [] };
  const missingEffect = missingEffectsOf('loyalty', evidence);
  for (const [id, payment] of judgedPayments(evidence)) {
    judgement.checked++;
    const entries = evidence.pointsEntries.get(id) ?? [];
    const [entry] = entries;
    if (!entry) {
      reportMissingEffect('points entry', missingEffect(id, payment.completedAtMs), id, judgement);
    } else if (entries.length > 1) {
      judgement.violated.push({ id, kind: 'doubled', why: `has ${entries.length} points entries` });
    } else if (contentOf(entry) !== contentOf(payment)) {
      const why = `its points entry is for ${contentOf(entry)}, the payment ${contentOf(payment)}`;
      judgement.violated.push({ id, kind: 'other', why });
    }
  }
  judgeOrphanEntries(evidence, judgement);
  judgeBalances(evidence, judgement);
  return judgement;
}

function judgeOrphanEntries(evidence: Evidence, judgement: Judgement): void {
  for (const id of evidence.pointsEntries.keys()) {
    const status = latestStatus(evidence, id);
    if (status === 'COMPLETED') continue;
    const payment = status ? `the payment is ${status}` : 'there is no such payment';
    judgement.violated.push({ id, kind: 'other', why: `has a points entry, but ${payment}` });
  }
}

function judgeBalances(evidence: Evidence, judgement: Judgement): void {
  for (const { userId, balance, sumOfEntries } of evidence.unbalancedAccounts) {
    const why = `the balance of user ${userId} is ${balance}, the sum of its entries ${sumOfEntries}`;
    judgement.violated.push({ id: userId, kind: 'other', why });
  }
}
