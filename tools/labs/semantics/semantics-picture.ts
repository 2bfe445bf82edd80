import { barChart } from '../../bench/chart/bar-chart.js';
import { stackedCharts } from '../../bench/chart/stacked.js';
import { swimLanes } from '../../bench/chart/swim-lanes.js';
import type { StrategyResult } from './strategies.js';

const TITLE = 'The order of effect and commit decides what a kill does';

/** Where the window is, and a bar for each strategy: lost, doubled, doubled without evidence. */
export function semanticsPicture(results: readonly StrategyResult[], payments: number): string {
  const panel = (title: string, of: (result: StrategyResult) => number) => ({
    title,
    bars: results.map((result) => ({ label: result.strategy, value: of(result) })),
  });
  const kills = results[0]?.kills ?? NaN;
  const bars = barChart({
    title: TITLE,
    subtitle: `${payments} payments and ${kills} kills -9 for each; our three consumers are killed at drawn steps`,
    panels: [
      panel('payments without an effect (lost)', ({ lost }) => lost),
      panel('payments with more than one effect (doubled)', ({ doubled }) => doubled),
      panel(
        'doubled, and nothing declares it',
        ({ doubledWithoutEvidence }) => doubledWithoutEvidence,
      ),
    ],
  });
  return stackedCharts(TITLE, [bars, timeLines()]);
}

/** A drawing, not a measurement. */
function timeLines(): string {
  const steps = (first: string, second: string) => [
    { from: 0, to: 1, label: first },
    { from: 1, to: 2, label: 'failure window' },
    { from: 2, to: 3, label: second },
  ];
  const lane = (name: string, spans: ReturnType<typeof steps>, label: string) => ({
    name,
    spans,
    moments: [{ at: 1.5, label }],
  });
  const lanes = [
    lane('commit first', steps('commit', 'effect'), 'kill: never redelivered, lost'),
    lane('effect first', steps('effect', 'commit'), 'kill: redelivered, doubled'),
  ];
  return swimLanes({
    title: 'The failure window',
    xLabel: 'steps of one record, not to scale',
    isDrawing: true,
    panels: [{ title: '', lanes }],
  });
}
