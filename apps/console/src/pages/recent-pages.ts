/** One line of the pager's journal. */
export interface PagerEvent {
  dedupKey: string;
  action: 'trigger' | 'resolve';
  summary: string | null;
  severity: string | null;
  runbook: string | null;
  at: string;
}

/** What somebody was woken up for, from its first trigger to its end. */
export interface Page {
  dedupKey: string;
  summary: string | null;
  severity: string | null;
  /** Where it says what to do. */
  runbook: string | null;
  triggeredAt: string;
  /** null while it is open. */
  resolvedAt: string | null;
}

/** As many as an operator will read; older ones are in the pager's own journal. */
export const PAGES_MAX = 200;

/** The latest pages, made of the events that the pager accepted, in their order. */
export class RecentPages {
  private readonly pages: Page[] = [];

  add({ action, at, ...what }: PagerEvent): void {
    const open = this.pages.find((page) => page.dedupKey === what.dedupKey && !page.resolvedAt);
    if (action === 'resolve') {
      if (open) open.resolvedAt = at;
      return;
    }
    // Triggered again while it is open: the same page, told anew.
    if (open) Object.assign(open, what);
    else this.pages.push({ ...what, triggeredAt: at, resolvedAt: null });
    if (this.pages.length > PAGES_MAX) this.pages.shift();
  }

  newestFirst(): Page[] {
    return this.pages.map((page) => ({ ...page })).reverse();
  }
}
