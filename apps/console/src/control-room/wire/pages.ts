/** A page, from its first trigger to its resolve: `GET /api/pages`. */
export interface Page {
  dedupKey: string;
  summary: string | null;
  severity: string | null;
  /** The runbook section for the page. */
  runbook: string | null;
  /** Where the pager sends the operator: the page of alerts. */
  link: string | null;
  triggeredAt: string;
  /** null while it is open. */
  resolvedAt: string | null;
}
