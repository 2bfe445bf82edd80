/** The recovery from one fault, over all rounds that injected it. */
export interface Recoveries {
  title: string;
  /** True if the operator must run the repair. */
  repairedByOperator: boolean;
  /** From the end of the fault until every payment had all its effects. */
  recoveredMs: number[];
  republished: number[];
}

/** A Markdown table to copy into the documentation. The slowest recovery comes last. */
export function recoveryTable(rows: readonly Recoveries[]): string {
  const lines = [...rows]
    .sort((one, other) => median(one.recoveredMs) - median(other.recoveredMs))
    .map(({ title, repairedByOperator: byAPerson, recoveredMs, republished: publishedAgain }) =>
      [
        `${title}${byAPerson ? ' (repaired by the operator)' : ''}`,
        String(recoveredMs.length),
        seconds(median(recoveredMs)),
        seconds(Math.max(...recoveredMs)),
        String(Math.max(...publishedAgain)),
      ].join(' | '),
    );
  return [
    '| fault | rounds | recovered after, median | worst | records published again, at most |',
    '|---|---|---|---|---|',
    ...lines.map((line) => `| ${line} |`),
  ].join('\n');
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

/** With an even number of values: the worse of the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
