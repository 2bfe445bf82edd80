import { PAGES_MAX, RecentPages, type PagerEvent } from './recent-pages.js';

const event = (dedupKey: string, action: PagerEvent['action'], minute: number): PagerEvent => ({
  dedupKey,
  action,
  summary: action === 'trigger' ? `trouble at ${minute}` : null,
  severity: action === 'trigger' ? 'critical' : null,
  runbook: action === 'trigger' ? 'docs/runbook.md#appdown' : null,
  at: `2026-11-20T10:${String(minute).padStart(2, '0')}:00.000Z`,
});

function pagesOf(...events: PagerEvent[]) {
  const pages = new RecentPages();
  for (const one of events) pages.add(one);
  return pages.newestFirst();
}

describe('what was paged lately', () => {
  it('is a page from its trigger to its resolve, the newest first', () => {
    expect(
      pagesOf(event('a', 'trigger', 1), event('b', 'trigger', 2), event('a', 'resolve', 3)),
    ).toMatchObject([
      { dedupKey: 'b', triggeredAt: event('b', 'trigger', 2).at, resolvedAt: null },
      {
        dedupKey: 'a',
        summary: 'trouble at 1',
        runbook: 'docs/runbook.md#appdown',
        resolvedAt: event('a', 'resolve', 3).at,
      },
    ]);
  });

  it('is one page when its trigger is repeated, and another one after it was resolved', () => {
    const again = [event('a', 'trigger', 1), event('a', 'trigger', 2), event('a', 'resolve', 3)];
    expect(pagesOf(...again, event('a', 'trigger', 4))).toMatchObject([
      { summary: 'trouble at 4', resolvedAt: null },
      { summary: 'trouble at 2', triggeredAt: event('a', 'trigger', 1).at },
    ]);
  });

  it('is nothing for a resolve of what was never triggered', () => {
    expect(pagesOf(event('a', 'resolve', 1))).toEqual([]);
  });

  it('is no more than an operator will read, however often the pager goes off', () => {
    const many = Array.from({ length: PAGES_MAX + 5 }, (_, n) => event(`${n}`, 'trigger', n % 60));
    expect(pagesOf(...many)).toHaveLength(PAGES_MAX);
    expect(pagesOf(...many).at(-1)?.dedupKey).toBe('5');
  });
});
