/** A page the pager accepted. */
export interface PageEntry {
  dedupKey: string;
  action: 'trigger' | 'resolve';
  /** A resolve may come without a payload; then these three are null. */
  summary: string | null;
  severity: string | null;
  runbook: string | null;
  at: string;
}
