import type { Charge } from '../evidence/evidence.js';
import type { Fact } from '../evidence/facts.js';
import { OF_PAYMENTS } from '../invariants.js';
import { perConsumer, pour, type Whole } from '../evidence/assemble.js';
import * as journals from '../stores/journals.js';
import { readPaymentsSnapshot, readStatusesNow } from '../stores/payments.js';
import { openSnapshot } from '../stores/postgres.js';
import { statusOf, type Finding } from '../report.js';

/** The invariants that need no broker and no consumer to be judged. */
const CONCERNED = ['I1', 'I2', 'I4', 'I5', 'I11'];

/**
 * What the audit finds in a payments database and its PSP, with every payment judged, however young, and
 * all of them in memory. For tests and benchmarks of payments, which have nothing else.
 */
export async function auditPaymentsAlone(options: {
  paymentsUrl: string;
  charges: () => Promise<Charge[]>;
  cutoff: Date;
}): Promise<{ id: string; violated: Finding[]; late: Finding[] }[]> {
  const client = await openSnapshot(options.paymentsUrl);
  try {
    const facts: Fact[] = [];
    const { pspOutages } = await readPaymentsSnapshot(client, (fact) => void facts.push(fact));
    // After the snapshot, as in collect-evidence.ts.
    const charges = await options.charges();
    const paymentIds = charges.flatMap(({ paymentId }) => paymentId ?? []);
    const laterStatuses = await readStatusesNow(client, paymentIds);
    const known = await pour(facts, {
      ...nothingElse,
      cutoffMs: options.cutoff.getTime(),
      pspOutages,
    });
    const evidence = { ...known, charges, laterStatuses };
    return OF_PAYMENTS.filter(({ id }) => CONCERNED.includes(id))
      .map(({ id, judge }) => ({ id, ...judge(evidence) }))
      .filter((judgement) => statusOf(judgement) !== 'ok')
      .map(({ id, violated, late }) => ({ id, violated, late }));
  } finally {
    await client.end();
  }
}

const nothingElse: Omit<Whole, 'cutoffMs' | 'pspOutages'> = {
  settleLimitMs: 0,
  slotPassedSnapshot: true,
  reindexedBeforeMs: undefined,
  offsets: perConsumer(() => ({ committed: new Map(), redriveCommitted: new Map() })),
  takenIn: perConsumer(() => new Map()),
};

/** What the PSP did, oldest first. */
export async function readCharges(thirdPartiesUrl: string): Promise<Charge[]> {
  const charges: Charge[] = [];
  await journals.readCharges(thirdPartiesUrl, (charge) => void charges.push(charge));
  return charges;
}
