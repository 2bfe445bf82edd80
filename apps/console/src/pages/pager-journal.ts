import { Problem } from '@effectively-once/platform';
import { z } from 'zod';
import type { Page } from '../control-room/wire/pages.js';
import { RecentPages } from './recent-pages.js';

const TIMEOUT_MS = 3_000;
const LINES_AT_ONCE = 1_000;

const lines = z.object({
  entries: z.array(
    z.object({
      dedupKey: z.string(),
      action: z.enum(['trigger', 'resolve']),
      summary: z.string().nullable(),
      severity: z.string().nullable(),
      runbook: z.string().nullable(),
      // A journal of before has none.
      link: z.string().nullable().default(null),
      at: z.string(),
    }),
  ),
  /** The position of the next read. */
  nextAfter: z.int(),
});

/** The journal of the pager. Each read starts where the last one ended, so that a read is cheap. */
export class PagerJournal {
  private readonly pages = new RecentPages();
  private after = 0;
  private reading: Promise<void> | undefined;

  constructor(private readonly pagerUrl: string) {}

  /** @throws Problem if the pager does not answer, because an empty list would be wrong. */
  async recentPages(): Promise<Page[]> {
    // Concurrent requests share one read. Two reads would add the new pages twice.
    this.reading ??= this.readOn().finally(() => (this.reading = undefined));
    try {
      await this.reading;
    } catch (cause) {
      const detail = 'The pager’s journal cannot be read.';
      throw new Problem('pager_unreadable', { status: 503, detail, cause });
    }
    return this.pages.newestFirst();
  }

  private async readOn(): Promise<void> {
    for (;;) {
      const { entries, nextAfter } = await this.read();
      entries.forEach((entry) => this.pages.add(entry));
      if (nextAfter === this.after) return;
      this.after = nextAfter;
    }
  }

  private async read() {
    const url = new URL('/_journal/pages', this.pagerUrl);
    url.searchParams.set('after', String(this.after));
    url.searchParams.set('limit', String(LINES_AT_ONCE));
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`the pager answered ${response.status}`);
    return lines.parse(await response.json());
  }
}
