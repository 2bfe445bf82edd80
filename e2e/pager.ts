import type { ConsumerName } from '@effectively-once/contracts';
import { mintToken } from '@effectively-once/platform';
import { waitUntil } from '@effectively-once/testing';
import { at, get, journal, consoleUrl } from './system-under-test.js';

/**
 * What the paged operator does: reads the page, lists the dead letters, redrives or discards them.
 */

export interface Page {
  dedupKey: string;
  action: 'trigger' | 'resolve';
  summary: string | null;
  severity: string | null;
  runbook: string | null;
  link: string | null;
}

export const operatorToken = async () =>
  await mintToken(at.AUTH_JWT_SECRET, { userId: 'olga', role: 'operator' }, { ttlS: 300 });

/** All pages that the pager has accepted so far, oldest first. */
export const pages = async () => (await journal('pages')) as unknown as Page[];

/** A page's summary begins with the name of its alert. */
export const isAbout = (alert: string) => (page: Page) =>
  page.summary?.startsWith(`${alert}: `) === true;

export async function pendingIds(consumer: ConsumerName): Promise<string[]> {
  const url = `${consoleUrl}/api/dlq/${consumer}?state=pending&limit=1000`;
  const { json } = await get(url, await operatorToken());
  return (json['items'] as { id: string }[]).map(({ id }) => id);
}

export async function decide(
  consumer: ConsumerName,
  decision: 'redrive' | 'discard',
  body: object,
): Promise<void> {
  const response = await fetch(`${consoleUrl}/api/dlq/${consumer}/${decision}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await operatorToken()}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${decision} was refused: ${await response.text()}`);
}

/**
 * Other stories leave dead letters, and the pager does not send a page again that is already open.
 */
export async function untilNothingIsPending(consumer: ConsumerName, alert: string): Promise<void> {
  await waitUntil(`no dead letter of ${consumer} and no open page`, async () => {
    const ids = await pendingIds(consumer);
    if (ids.length > 0) await decide(consumer, 'discard', { ids, reason: 'of another story' });
    return ids.length === 0 && !(await isFiring(alert)) && (await openPages(alert)).length === 0;
  });
}

async function isFiring(alert: string): Promise<boolean> {
  const url = new URL('/api/v1/alerts', String(at['PROMETHEUS_URL']));
  const { data } = (await (await fetch(url)).json()) as {
    data: { alerts: { labels: { alertname: string } }[] };
  };
  return data.alerts.some(({ labels }) => labels.alertname === alert);
}

async function openPages(alert: string): Promise<string[]> {
  const all = await pages();
  const last = new Map(all.map(({ dedupKey, action }) => [dedupKey, action]));
  const keys = new Set(all.filter(isAbout(alert)).map(({ dedupKey }) => dedupKey));
  return [...keys].filter((key) => last.get(key) === 'trigger');
}
