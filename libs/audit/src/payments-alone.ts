import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import type { Charge, Delivery, Evidence } from './evidence.js';
import { INVARIANTS } from './invariants.js';
import { readPaymentsSnapshot, readStatusesNow } from './readers/payments.js';
import { openSnapshot } from './readers/postgres.js';
import { statusOf, type Finding } from './report.js';

export { readCharges } from './readers/journals.js';

/** The invariants that need no broker and no consumer to be judged. */
const OF_PAYMENTS = ['I1', 'I2', 'I4', 'I5', 'I11'];

/**
 * What the audit finds in a payments database and its PSP, with every payment judged, however young. For
 * tests of payments, which have nothing else.
 */
export async function auditPaymentsAlone(options: {
  paymentsUrl: string;
  charges: () => Promise<Charge[]>;
  cutoff: Date;
}): Promise<{ id: string; violated: Finding[]; late: Finding[] }[]> {
  const client = await openSnapshot(options.paymentsUrl);
  try {
    const snapshot = await readPaymentsSnapshot(client);
    // After the snapshot, as in collect-evidence.ts.
    const charges = await options.charges();
    const paymentIds = charges.flatMap(({ paymentId }) => paymentId ?? []);
    const laterStatuses = await readStatusesNow(client, paymentIds);
    const scope = { cutoffMs: options.cutoff.getTime(), settleLimitMs: 0 };
    const evidence = { ...nothingElse(), ...scope, ...snapshot, charges, laterStatuses };
    return INVARIANTS.filter(({ id }) => OF_PAYMENTS.includes(id))
      .map(({ id, judge }) => ({ id, ...judge(evidence) }))
      .filter((judgement) => statusOf(judgement) !== 'ok')
      .map(({ id, violated, late }) => ({ id, violated, late }));
  } finally {
    await client.end();
  }
}

type Elsewhere = Omit<
  Evidence,
  keyof Awaited<ReturnType<typeof readPaymentsSnapshot>> | 'cutoffMs' | 'settleLimitMs' | 'charges'
>;

function nothingElse(): Elsewhere {
  const delivery = (): Delivery => ({
    committed: new Map(),
    redriveCommitted: new Map(),
    deadLetters: new Map(),
    redrives: new Map(),
  });
  return {
    laterStatuses: new Map(),
    laterOutbox: new Map(),
    published: [],
    slotPassedSnapshot: true,
    deliveries: perConsumer(delivery),
    pointsEntries: new Map(),
    unbalancedAccounts: [],
    receipts: new Map(),
    maybeDuplicates: new Map(),
    documents: new Map(),
    firstEffects: perConsumer(() => new Map()),
    reindexedBeforeMs: undefined,
  };
}

function perConsumer<Value>(make: () => Value): Record<ConsumerName, Value> {
  const entries = CONSUMERS.map((consumer) => [consumer, make()] as const);
  return Object.fromEntries(entries) as Record<ConsumerName, Value>;
}
