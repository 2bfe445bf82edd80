import type { Page } from '../../../control-room/wire/pages.js';

/** The name of the alert: a summary begins with it. null for a page from elsewhere. */
export const alertOf = ({ summary }: Page): string | null =>
  /^([A-Z][A-Za-z]+): /.exec(summary ?? '')?.[1] ?? null;

/** The heading of docs/runbook.md. A link to anywhere else is not followed. */
export const sectionOf = ({ runbook }: Page): string | null =>
  /^docs\/runbook\.md#([\w-]+)$/.exec(runbook ?? '')?.[1] ?? null;

/** Two pages of one alert and subject have one dedup key, but not one time. */
export const idOf = ({ dedupKey, triggeredAt }: Page): string => `${dedupKey} ${triggeredAt}`;

/** Open pages first, each group newest first. The server sorts them by time. */
export const openFirst = (pages: readonly Page[]): Page[] => [
  ...pages.filter(({ resolvedAt }) => resolvedAt === null),
  ...pages.filter(({ resolvedAt }) => resolvedAt !== null),
];

/**
 * The page that the address names: by its id, or the latest of an alert, which is what the pager's
 * link knows. Without either it is the first one.
 */
export function chosen(pages: readonly Page[], query: URLSearchParams): Page | undefined {
  const [id, alert] = [query.get('page'), query.get('alert')];
  if (id !== null) return pages.find((page) => idOf(page) === id);
  if (alert !== null) return pages.find((page) => alertOf(page) === alert);
  return pages[0];
}

/** Where the operator acts on this alert in the control room. */
export function actOn(alert: string | null): { href: string; text: string } {
  const letters = /^DeadLetters(Email|Loyalty|Search)$/.exec(alert ?? '')?.[1]?.toLowerCase();
  if (letters) {
    return { href: `/dead-letters?consumer=${letters}`, text: `Dead letters of ${letters}` };
  }
  if (/DeadLetter/.test(alert ?? '')) return { href: '/dead-letters', text: 'Dead letters' };
  if (/^(Consumer|WindowFull|CircuitOpen)/.test(alert ?? '')) {
    return { href: '/consumers', text: 'Consumers' };
  }
  if (/^(Audit|SamePayment)/.test(alert ?? '')) return { href: '/audit', text: 'Audit' };
  return { href: '/', text: 'Overview' };
}
