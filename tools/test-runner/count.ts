/** The number of tests per outcome. A static check counts as one test. */
export interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

export function total(counts: Count[]): Count {
  const sum = (of: keyof Count) => counts.reduce((before, count) => before + count[of], 0);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
}

/** The last line of the output. CI reads it. */
export function closingLine({ passed, failed, skipped }: Count): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
