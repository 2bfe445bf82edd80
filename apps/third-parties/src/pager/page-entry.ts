/** A page that the pager accepted. */
export interface PageEntry {
  dedupKey: string;
  action: 'trigger' | 'resolve';
  /** Null, like the next ones, for a resolve without a payload. */
  summary: string | null;
  severity: string | null;
  runbook: string | null;
  /** Where the operator goes on: the page of the control room. */
  link: string | null;
  at: string;
}
