/** A page that the pager accepted. */
export interface PageEntry {
  dedupKey: string;
  action: 'trigger' | 'resolve';
  /** Null, like the next two, for a resolve without a payload. */
  summary: string | null;
  severity: string | null;
  runbook: string | null;
  at: string;
}
