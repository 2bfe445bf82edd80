import { PAGES_MAX, RecentPages, type PagerEvent } from './recent-pages.js';

const event = (dedupKey: string, action: PagerEvent['action'], minute: number): PagerEvent => ({
  dedupKey,
  action,
  summary: action === 'trigger' ? `trouble at ${minute}` : null,
  severity: action === 'trigger' ? 'critical' : null,
  runbook: action === 'trigger' ? 'docs/runbook.md#appdown' : null,
  link: action === 'trigger' ? 'http://localhost:8080/alerts?alert=AppDown' : null,
  at: `2026-11-20T10:${String(minute).padStart(2, '0')}:00.000Z`,
});

function pagesOf(...events: PagerEvent[]) {
  const pages = new RecentPages();
  for (const one of events) pages.add(one);
  return pages.newestFirst();
}

describe('the latest pages', () => {
  it('have a trigger and a resolve, newest first', () => {
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

  it('are one page for a repeated trigger, and a new page after a resolve', () => {
    const again = [event('a', 'trigger', 1), event('a', 'trigger', 2), event('a', 'resolve', 3)];
    expect(pagesOf(...again, event('a', 'trigger', 4))).toMatchObject([
      { summary: 'trouble at 4', resolvedAt: null },
      { summary: 'trouble at 2', triggeredAt: event('a', 'trigger', 1).at },
    ]);
  });

  it('ignore a resolve without a trigger', () => {
    expect(pagesOf(event('a', 'resolve', 1))).toEqual([]);
  });

  it('have a maximum length', () => {
    const many = Array.from({ length: PAGES_MAX + 5 }, (_, n) => event(`${n}`, 'trigger', n % 60));
    expect(pagesOf(...many)).toHaveLength(PAGES_MAX);
    expect(pagesOf(...many).at(-1)?.dedupKey).toBe('5');
  });
});
