import type { LabClaim, LabTable } from '../lab.js';

/** What stands between a zombie and its effect. */
export const FENCES = ['no fence', 'membership check', 'fence in the store', 'inbox row'] as const;
export type Fence = (typeof FENCES)[number];

export interface ZombieSettings {
  fence: Fence;
  brokers: string[];
  topic: string;
  groupId: string;
  memberName: string;
  databaseUrl: string;
  /** Waits between its claim and its effect until its parent lets it go on. */
  waits: boolean;
}

/** A record of the lab: one for each round. */
export interface ZombieRecord {
  id: string;
}

/** One round. Times in ms since the first member had claimed the record. */
export interface ZombieRound {
  fence: Fence;
  /** Rows in the ledger: 1 is right. */
  effects: number;
  /** The commit of the woken member was refused: its group has a new generation. */
  isCommitRefused: boolean;
  frozenMs: number;
  successorDoneMs: number;
  wokenMs: number;
  lateMs: number;
}

export interface FenceOutcome {
  fence: Fence;
  rounds: number;
  lost: number;
  doubled: number;
  commitsRefused: number;
  /** The longest time from SIGSTOP to SIGCONT. */
  frozenMaxMs: number;
}

export function judgeFence(fence: Fence, all: readonly ZombieRound[]): FenceOutcome {
  const rounds = all.filter((round) => round.fence === fence);
  return {
    fence,
    rounds: rounds.length,
    lost: rounds.filter(({ effects }) => effects === 0).length,
    doubled: rounds.filter(({ effects }) => effects > 1).length,
    commitsRefused: rounds.filter(({ isCommitRefused }) => isCommitRefused).length,
    frozenMaxMs: Math.max(...rounds.map(({ wokenMs, frozenMs }) => wokenMs - frozenMs)),
  };
}

const isInStore = (fence: Fence) => fence === 'fence in the store' || fence === 'inbox row';

export function zombieClaims(outcomes: readonly FenceOutcome[]): LabClaim[] {
  return outcomes.flatMap(({ fence, rounds, lost, doubled, commitsRefused }) => {
    const each = { atLeast: rounds, atMost: rounds };
    return [
      {
        claim: `${fence}: rounds with a doubled effect`,
        value: doubled,
        ...(isInStore(fence) ? { atMost: 0 } : each),
      },
      { claim: `${fence}: rounds without an effect`, value: lost, atMost: 0 },
      { claim: `${fence}: refused commits of the zombie`, value: commitsRefused, ...each },
    ];
  });
}

export function zombieTable(outcomes: readonly FenceOutcome[]): LabTable {
  return {
    head: ['fence', 'rounds', 'doubled', 'lost', 'commit refused', 'frozen at most'],
    rows: outcomes.map((one) => [
      one.fence,
      ...[one.rounds, one.doubled, one.lost, one.commitsRefused].map(String),
      `${(one.frozenMaxMs / 1_000).toFixed(1)} s`,
    ]),
  };
}
