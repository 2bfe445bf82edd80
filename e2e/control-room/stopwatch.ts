/** Prints the seconds since it was made; docs/measured.md names them. No test depends on them. */
export function stopwatch(): (what: string) => void {
  const startedMs = performance.now();
  return (what) => {
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
    console.log(`${seconds} s: ${what}`);
  };
}
