/** An outage of a dependency, from the opening of its circuit to its closing. */
export interface CircuitOutage {
  /** It opened because the server could not be used at all. */
  wasUnusable: boolean;
  /** The last probe worked. */
  isAnswering: boolean;
  /** The lanes that the server refused although it answered. */
  refused: Set<string>;
  /** In Unix milliseconds. During a probe: when it began. */
  nextProbeAtMs?: number;
}
