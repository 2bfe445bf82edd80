import type { Charge } from '../evidence/evidence.js';
import type { Fact } from '../evidence/facts.js';
import { PAYMENT_INVARIANTS } from '../invariants.js';
import { perConsumer, assemble, type GlobalEvidence } from '../evidence/assemble.js';
import * as journals from '../stores/journals.js';
import { readDebtsNow, readPaymentsSnapshot, readStatusesNow } from '../stores/payments.js';
import { openSnapshot } from '../stores/postgres.js';
import { statusOf, type Finding } from '../report.js';

/** The invariants that need neither Kafka nor a consumer. */
const JUDGED = ['I1', 'I2', 'I4', 'I5', 'I11'];

/**
 * Audits only a payments database and its PSP, for tests and benchmarks without the other stores.
 * The settle limit is 0, so it also judges payments that have just completed. Holds all in memory.
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
    // Read after the snapshot, as in collect-evidence.ts.
    const charges = await options.charges();
    const paymentIds = charges.flatMap(({ paymentId }) => paymentId ?? []);
    const laterStatuses = await readStatusesNow(client, paymentIds);
    const laterDebts = await readDebtsNow(
      client,
      charges.map(({ id }) => id),
    );
    const known = await assemble(facts, {
      ...noOtherStores,
      cutoffMs: options.cutoff.getTime(),
      pspOutages,
    });
    const evidence = { ...known, charges, laterStatuses, laterDebts };
    return PAYMENT_INVARIANTS.filter(({ id }) => JUDGED.includes(id))
      .map(({ id, judge }) => ({ id, ...judge(evidence) }))
      .filter((judgement) => statusOf(judgement) !== 'ok')
      .map(({ id, violated, late }) => ({ id, violated, late }));
  } finally {
    await client.end();
  }
}

const noOtherStores: Omit<GlobalEvidence, 'cutoffMs' | 'pspOutages'> = {
  settleLimitMs: 0,
  slotPassedSnapshot: true,
  reindexedBeforeMs: undefined,
  offsets: perConsumer(() => ({ committed: new Map(), redriveCommitted: new Map() })),
  ingested: perConsumer(() => new Map()),
};

/** The charges in the PSP's journal, oldest first. */
export async function readCharges(thirdPartiesUrl: string): Promise<Charge[]> {
  const charges: Charge[] = [];
  await journals.readCharges(thirdPartiesUrl, (charge) => void charges.push(charge));
  return charges;
}
