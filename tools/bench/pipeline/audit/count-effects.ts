/** One effect that a store holds, and when it came there. */
export interface StoredEffect {
  paymentId: string;
  /** ms since the epoch. */
  atMs: number;
}

/** Everything that one contestant has left behind in its stores and at the external systems. */
export interface PipelineEvidence {
  /** Of every 201 that a client has received. */
  accepted: ReadonlySet<string>;
  /** Every completed payment in the database, by its id. */
  payments: ReadonlyMap<string, { userId: string; points: number; completedAtMs: number }>;
  /** The payment of each captured charge at the PSP. */
  charges: readonly string[];
  mails: readonly StoredEffect[];
  points: readonly StoredEffect[];
  documents: readonly StoredEffect[];
  balances: ReadonlyMap<string, number>;
}

export const EFFECTS = ['mails', 'points', 'documents'] as const;
export type EffectName = (typeof EFFECTS)[number];

export interface EffectCount {
  /** Payments without this effect. */
  lost: number;
  /** Payments with this effect more than once. */
  doubled: number;
}

export interface PipelineAudit extends Record<EffectName, EffectCount> {
  payments: number;
  /** A 201 without a completed payment in the database. */
  acceptedAndLost: number;
  /** Payments with more than one captured charge. */
  chargedTwice: number;
  /** Users whose balance is not the sum of the points of their payments. */
  wrongBalances: number;
}

/**
 * The same questions for every contestant. A payment is judged if the database or a client's 201
 * says that it is completed. A document cannot be doubled: its id is the payment's.
 */
export function countEffects(evidence: PipelineEvidence): PipelineAudit {
  const { accepted, payments } = evidence;
  const judged = new Set([...payments.keys(), ...accepted]);
  const effect = (stored: readonly StoredEffect[]): EffectCount => {
    const times = timesOf(stored.map(({ paymentId }) => paymentId));
    const moreThanOnce = [...times].filter(([id, count]) => judged.has(id) && count > 1);
    return {
      lost: [...judged].filter((id) => !times.has(id)).length,
      doubled: moreThanOnce.length,
    };
  };
  return {
    payments: judged.size,
    acceptedAndLost: [...accepted].filter((id) => !payments.has(id)).length,
    chargedTwice: [...timesOf(evidence.charges).values()].filter((count) => count > 1).length,
    mails: effect(evidence.mails),
    points: effect(evidence.points),
    documents: effect(evidence.documents),
    wrongBalances: wrongBalances(evidence),
  };
}

export const isFaultless = (audit: PipelineAudit): boolean =>
  audit.acceptedAndLost + audit.chargedTwice + audit.wrongBalances === 0 &&
  EFFECTS.every((name) => audit[name].lost + audit[name].doubled === 0);

function wrongBalances({ payments, balances }: PipelineEvidence): number {
  const wanted = new Map<string, number>();
  for (const { userId, points } of payments.values())
    wanted.set(userId, (wanted.get(userId) ?? 0) + points);
  const users = new Set([...wanted.keys(), ...balances.keys()]);
  return [...users].filter((user) => (wanted.get(user) ?? 0) !== (balances.get(user) ?? 0)).length;
}

function timesOf(ids: readonly string[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const id of ids) times.set(id, (times.get(id) ?? 0) + 1);
  return times;
}
