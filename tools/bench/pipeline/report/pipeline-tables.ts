import Table from 'cli-table3';
import type { Spread } from '../../statistics/spread.js';
import { EFFECTS, type EffectName } from '../audit/count-effects.js';
import { CONTESTANTS, contestants, type ContestantName } from '../contestants.js';
import type { TurnResult } from '../run/turn.js';
import type { ContestantSummary, Summaries } from './pipeline-report.js';

const LATENCIES = ['mails', 'points', 'documents', 'all'] as const;
const LATENCY_TITLES: Record<(typeof LATENCIES)[number], string> = {
  mails: 'receipt mailed',
  points: 'points awarded',
  documents: 'document indexed',
  all: 'all three done',
};

/** What each contestant reaches, without faults. */
export function speedTable(summaries: Summaries): string {
  const row = (title: string, show: (summary: ContestantSummary) => string): string[] => [
    title,
    ...present(summaries).map((name) => show(summaries[name]!)),
  ];
  return table(
    ['closed loop', ...present(summaries).map((name) => contestants[name].title)],
    [
      row('accepted, payments/s', ({ acceptedPerS }) => withSpread(acceptedPerS)),
      row('accepted and fully drained, payments/s', ({ drainedPerS }) => withSpread(drainedPerS)),
      row('core-ms of a payment', ({ coreMs }) => withSpread(coreMs)),
      ...LATENCIES.map((effect) =>
        row(
          `${LATENCY_TITLES[effect]}, p50 / p99`,
          ({ latencyMs }) =>
            `${duration(latencyMs[effect].p50)} / ${duration(latencyMs[effect].p99)}`,
        ),
      ),
    ],
  );
}

/** What is lost and doubled of each effect, and how many records were published again. */
export function lossTable(title: string, turns: readonly TurnResult[]): string {
  const columns = CONTESTANTS.flatMap((name) => {
    const own = turns.filter(({ contestant }) => contestant === name);
    return own.length === 0 ? [] : [{ name, own }];
  });
  const row = (what: string, count: (turn: TurnResult) => number) => [
    what,
    ...columns.map(({ own }) => String(own.reduce((sum, turn) => sum + count(turn), 0))),
  ];
  const effect = (name: EffectName, word: string) => [
    row(`${word} lost`, ({ audit }) => audit[name].lost),
    // A document cannot be doubled: its id is the payment's.
    ...(name === 'documents' ? [] : [row(`${word} doubled`, ({ audit }) => audit[name].doubled)]),
  ];
  const words: Record<EffectName, string> = {
    mails: 'receipts',
    points: 'points',
    documents: 'documents',
  };
  return table(
    [title, ...columns.map(({ name }) => contestants[name].title)],
    [
      row('payments', ({ audit }) => audit.payments),
      row('requests that failed', ({ failed }) => failed),
      row('accepted payments lost', ({ audit }) => audit.acceptedAndLost),
      row('payments charged twice', ({ audit }) => audit.chargedTwice),
      ...EFFECTS.flatMap((name) => effect(name, words[name])),
      row('users with a wrong balance', ({ audit }) => audit.wrongBalances),
      row('records published again', ({ republished }) => republished),
    ],
  );
}

const present = (summaries: Summaries): ContestantName[] =>
  CONTESTANTS.filter((name) => summaries[name]);

/** 4.2 ms, 310 ms or 12.5 s. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${ms.toFixed(0)} ms`;
}

/** The median, and the lowest and the highest if there are several. */
export function withSpread({ median, min, max }: Spread, digitsMax = 1): string {
  const digits = median >= 100 ? 0 : digitsMax;
  const shown = median.toFixed(digits);
  return min === max ? shown : `${shown} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

function table(head: string[], rows: string[][]): string {
  const made = new Table({
    head,
    style: { head: [], border: [] },
    colAligns: head.map((_, n) => (n === 0 ? 'left' : 'right')),
  });
  made.push(...rows);
  return made.toString();
}
