/** What one fault did to the system, over all rounds that struck it. */
export interface Recoveries {
  title: string;
  /** A person has run the repair. */
  byAPerson: boolean;
  /** From the end of the fault until every payment was everywhere. */
  recoveredMs: number[];
  publishedAgain: number[];
}

/** As Markdown, to be copied into docs/guarantees.md. The slowest to recover comes last. */
export function recoveryTable(rows: readonly Recoveries[]): string {
  const lines = [...rows]
    .sort((one, other) => median(one.recoveredMs) - median(other.recoveredMs))
    .map(({ title, byAPerson, recoveredMs, publishedAgain }) =>
      [
        `${title}${byAPerson ? ' (and repaired by a person)' : ''}`,
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

/** Of two in the middle the worse one. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
