import Table from 'cli-table3';
import type { Source, Total } from '@effectively-once/reconcile/daily-totals';
import type { Reconciled } from '@effectively-once/reconcile/reconcile';

const SOURCES: Source[] = ['payments', 'psp', 'points', 'documents'];
const NAMED_MAX = 20;

/**
 * The day as text: the total of each of the four sources per currency, then the users who differ.
 */
export function reconcileTable({ day, totals, differences }: Reconciled): string {
  if (totals.length === 0) return `${day}: no payments`;
  const table = new Table({ head: [day, ...SOURCES], style: { head: [], border: [] } });
  const currencies = [...new Set(totals.map(({ currency }) => currency))].sort();
  for (const currency of currencies) {
    const ofCurrency = totals.filter((total) => total.currency === currency);
    table.push([currency, ...SOURCES.map((source) => sum(ofCurrency, source))]);
  }
  const verdict =
    differences.length === 0
      ? 'the four agree, for every user and currency'
      : `they differ for ${differences.length}; npm run audit names the payments`;
  const named = differences.slice(0, NAMED_MAX).map(({ userId, currency, says }) => {
    const told = SOURCES.map((source) => `${source} ${says[source]?.amountMinor ?? 'nothing'}`);
    return `  ${userId} ${currency}: ${told.join(', ')}`;
  });
  const more = differences.length - named.length;
  return [
    table.toString(),
    verdict,
    ...named,
    ...(more > 0 ? [`  and ${more} more; --json prints all`] : []),
  ].join('\n');
}

function sum(totals: Total[], source: Source): string {
  const own = totals.filter((total) => total.source === source);
  const payments = own.reduce((count, total) => count + total.payments, 0);
  const minor = own.reduce((amount, total) => amount + BigInt(total.amountMinor), 0n);
  return `${payments} payments, ${minor} minor units`;
}
