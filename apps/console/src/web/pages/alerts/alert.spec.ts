import type { Page } from '../../../control-room/wire/pages.js';
import { actOn, alertOf, chosen, idOf, openFirst, sectionOf } from './alert.js';

const page = (over: Partial<Page> = {}): Page => ({
  dedupKey: 'k',
  summary: 'DeadLettersEmail: email dead-lettered 1 payments',
  severity: 'critical',
  runbook: 'docs/runbook.md#deadlettersemail',
  link: null,
  triggeredAt: '2026-11-20T10:00:00.000Z',
  resolvedAt: null,
  ...over,
});

describe('a page of the pager', () => {
  it('says its alert and its section', () => {
    expect(alertOf(page())).toBe('DeadLettersEmail');
    expect(sectionOf(page())).toBe('deadlettersemail');
  });

  it.each([
    ['javascript:alert(1)'],
    ['https://example.com/runbook#x'],
    ['docs/runbook.md#../../api/dlq'],
    ['docs/runbook.md#'],
    [null],
  ])('has no section for the link %s', (runbook) => {
    expect(sectionOf(page({ runbook }))).toBeNull();
  });

  it('from elsewhere has no alert, and stays readable', () => {
    expect(alertOf(page({ summary: 'a button was pressed' }))).toBeNull();
    expect(alertOf(page({ summary: null }))).toBeNull();
    expect(actOn(null)).toEqual({ href: '/', text: 'Overview' });
  });
});

describe('the page of alerts', () => {
  const resolved = page({ dedupKey: 'r', resolvedAt: '2026-11-20T11:00:00.000Z' });
  const old = page({ dedupKey: 'o', triggeredAt: '2026-11-19T10:00:00.000Z' });

  it('has the open ones first', () => {
    expect(openFirst([resolved, page(), old])).toEqual([page(), old, resolved]);
  });

  it('shows the one of the address, the latest of an alert, or the first', () => {
    const all = openFirst([resolved, page(), old]);
    const shown = (query: Record<string, string>) => chosen(all, new URLSearchParams(query));
    expect(shown({ page: idOf(old) })).toBe(old);
    expect(shown({ alert: 'DeadLettersEmail' })).toEqual(page());
    expect(shown({})).toEqual(page());
    expect(shown({ alert: 'AppDown' })).toBeUndefined();
  });

  it('leads from the page to the place where the operator acts', () => {
    expect(actOn('DeadLettersLoyalty').href).toBe('/dead-letters?consumer=loyalty');
    expect(actOn('CutDeadLetterExpires').href).toBe('/dead-letters');
    expect(actOn('CircuitOpen').href).toBe('/consumers');
    expect(actOn('AuditViolation').href).toBe('/audit');
  });
});
