import { barChart, type BarPanel } from '../../chart/bar-chart.js';
import { CONTESTANTS, contestants, type ContestantName } from '../contestants.js';
import {
  lostAndDoubled,
  summarize,
  type ContestantSummary,
  type PipelineReport,
} from './pipeline-report.js';
import { duration } from './pipeline-tables.js';

/** The comparison as one SVG picture. */
export function pipelinePicture(report: PipelineReport): string {
  const summaries = summarize(report.turns);
  const speed = (
    title: string,
    bar: (summary: ContestantSummary) => Omit<BarPanel['bars'][number], 'label'>,
  ): BarPanel => ({
    title,
    bars: CONTESTANTS.flatMap((name) => {
      const summary = summaries[name];
      return summary ? [{ label: contestants[name].title, ...bar(summary) }] : [];
    }),
  });
  const { machine, load } = report;
  return barChart({
    title: 'One payment and its three effects, end to end',
    subtitle:
      `${machine.cores} cores for everything, ${load.clients} clients in a closed loop for ` +
      `${load.seconds} s, medians of ${load.rounds} rounds`,
    panels: [
      speed('accepted and fully drained, payments/s (more is better)', ({ drainedPerS }) => ({
        value: drainedPerS.median,
        spread: drainedPerS,
      })),
      speed('CPU of all processes, core-ms of a payment (less is better)', ({ coreMs }) => ({
        value: coreMs.median,
        spread: coreMs,
      })),
      speed('until all three effects are done, p99, s (less is better)', ({ latencyMs }) => ({
        value: latencyMs.all.p99 / 1_000,
        shown: duration(latencyMs.all.p99),
      })),
      ...(report.kills.length > 0 ? [killPanel(report)] : []),
    ],
  });
}

function killPanel({ kills }: PipelineReport): BarPanel {
  const bar = (name: ContestantName) => {
    const own = kills.filter(({ contestant }) => contestant === name);
    if (own.length === 0) return [];
    const sums = own.map(({ audit }) => lostAndDoubled(audit));
    const lost = sums.reduce((sum, one) => sum + one.lost, 0);
    const doubled = sums.reduce((sum, one) => sum + one.doubled, 0);
    const shown = `${doubled} doubled, ${lost} lost`;
    return [{ label: contestants[name].title, value: lost + doubled, shown }];
  };
  return {
    title: 'kill -9 of a consumer and of relay or connector: effects doubled or lost',
    bars: CONTESTANTS.flatMap(bar),
  };
}
