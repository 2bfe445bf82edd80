/** The course of a number as this page has seen it. The numbers themselves stand next to it. */
export function Sparkline({ values, slots, label }: SparklineProps) {
  const top = Math.max(...values, Number.MIN_VALUE);
  const from = slots - values.length;
  const points = values.map((value, index) => {
    const x = ((from + index) / Math.max(1, slots - 1)) * 100;
    return `${x.toFixed(1)},${(23 - (value / top) * 21).toFixed(1)}`;
  });
  const first = (from / Math.max(1, slots - 1)) * 100;
  return (
    <svg class="sparkline" viewBox="0 0 100 24" preserveAspectRatio="none" role="img">
      <title>{label}</title>
      <line x1="0" x2="100" y1="23.5" y2="23.5" />
      {values.length > 1 ? (
        <>
          <polygon points={`${first},24 ${points.join(' ')} 100,24`} />
          <polyline points={points.join(' ')} />
        </>
      ) : null}
    </svg>
  );
}

interface SparklineProps {
  /** Oldest first. */
  values: readonly number[];
  /** How many values fit; fewer stand at the right. */
  slots: number;
  label: string;
}
