import type { Page } from '../control-room/wire/pages.js';

/** One line of the pager's journal. */
export interface PagerEvent {
  dedupKey: string;
  action: 'trigger' | 'resolve';
  summary: string | null;
  severity: string | null;
  runbook: string | null;
  link: string | null;
  at: string;
}

/** The number of pages in the list. Older ones are in the journal of the pager. */
export const PAGES_MAX = 200;

/** The latest pages, from the events that the pager accepted, in their order. */
export class RecentPages {
  private readonly pages: Page[] = [];

  add({ action, at, ...what }: PagerEvent): void {
    const open = this.pages.find((page) => page.dedupKey === what.dedupKey && !page.resolvedAt);
    if (action === 'resolve') {
      if (open) open.resolvedAt = at;
      return;
    }
    // A second trigger of an open page updates the page.
    if (open) Object.assign(open, what);
    else this.pages.push({ ...what, triggeredAt: at, resolvedAt: null });
    if (this.pages.length > PAGES_MAX) this.pages.shift();
  }

  newestFirst(): Page[] {
    return this.pages.map((page) => ({ ...page })).reverse();
  }
}
