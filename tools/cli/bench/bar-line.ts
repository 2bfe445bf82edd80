import pc from 'picocolors';

/**
 * One line with a figure and the limit that it should keep. A missed limit does not fail a run,
 * because machines differ.
 */
export function barLine(
  what: string,
  value: number,
  bar: { atLeast: number } | { atMost: number },
  shown: string = value >= 100 ? value.toFixed(0) : value.toFixed(2),
): string {
  const isMet = 'atLeast' in bar ? value >= bar.atLeast : value <= bar.atMost;
  const wanted = 'atLeast' in bar ? `at least ${bar.atLeast}` : `at most ${bar.atMost}`;
  return `${isMet ? pc.green('✔') : pc.yellow('✘')} ${what}: ${pc.bold(shown)} (bar: ${wanted})`;
}
