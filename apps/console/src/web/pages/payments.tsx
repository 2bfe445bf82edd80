import { useEffect, useRef, useState } from 'preact/hooks';
import type { PaymentList, PaymentSummary } from '../../control-room/wire/evidence.js';
import { latestPayments } from '../live/live.js';
import { navigate, route, withQuery } from '../live/router.js';
import { Effects, StatusWord } from '../parts/effects.js';
import { PageTitle } from '../parts/page-title.js';
import { Empty, Id, ProblemBox, Skeleton, Time } from '../parts/small.js';
import { middleEllipsis } from '../parts/text/middle-ellipsis.js';
import { formatMoney } from '@effectively-once/contracts/money';
import { useApi } from '../parts/use-data.js';
import { withLiveRows } from './live-rows.js';

const STATUS_NAMES = ['COMPLETED', 'PENDING', 'UNKNOWN', 'DECLINED', 'FAILED'] as const;
const EFFECT_NAMES = [
  ['late', 'late'],
  ['lost', 'lost'],
  ['doubled', 'doubled'],
  ['other', 'other'],
  ['dead_lettered', 'dead-lettered'],
] as const;
const FILTERS = ['userId', 'orderId', 'status', 'effects'] as const;

/** So many new payments, and the page asks for a fresh first page instead of growing. */
const LIVE_MAX = 60;

export function PaymentsPage() {
  const query = new URLSearchParams(route.value.search);
  const filters = Object.fromEntries(FILTERS.map((name) => [name, query.get(name)]));
  const cursor = query.get('cursor');
  const address = withQuery('/api/payments', { ...filters, cursor });
  const list = useApi<PaymentList>(address);
  const isLive = cursor === null && FILTERS.every((name) => !filters[name]);
  const [frozen, setFrozen] = useState<PaymentSummary[]>();
  useEffect(() => setFrozen(undefined), [address]);
  const fetched = list.data?.items ?? [];
  const live = isLive && list.data ? withLiveRows(fetched, latestPayments.value) : fetched;
  const fresh = live.length - fetched.length;
  useFreshPage(fresh > LIVE_MAX && !frozen, list.again);
  const rows = frozen ?? live;
  return (
    <>
      <PageTitle title="Payments">
        <a href="/payments/import">Import a bundle</a>
        {isLive ? (
          <LiveSwitch
            isPaused={frozen !== undefined}
            toggle={() => setFrozen(frozen ? undefined : live)}
          />
        ) : null}
      </PageTitle>
      <SearchForm key={route.value.search} query={query} />
      {list.problem ? <ProblemBox problem={list.problem} retry={list.again} /> : null}
      <section class="panel" aria-label="Payments" aria-busy={list.isLoading}>
        {list.data ? (
          <Rows rows={rows} isFiltered={!isLive} />
        ) : list.problem ? null : (
          <Skeleton rows={16} />
        )}
      </section>
      <Pager filters={filters} cursor={cursor} next={list.data?.nextCursor ?? null} />
    </>
  );
}

/** At most every 3 s, however fast payments come. */
function useFreshPage(isDue: boolean, again: () => void): void {
  const last = useRef(0);
  useEffect(() => {
    if (!isDue || Date.now() - last.current < 3_000) return;
    last.current = Date.now();
    again();
  });
}

function LiveSwitch({ isPaused, toggle }: { isPaused: boolean; toggle: () => void }) {
  return (
    <div class="live-switch">
      <span class={isPaused ? 'connection' : 'connection is-open'}>
        <i aria-hidden="true" />
        {isPaused ? 'Paused' : 'New payments appear on top'}
      </span>
      <button type="button" class="button" onClick={toggle}>
        {isPaused ? 'Resume' : 'Pause'}
      </button>
    </div>
  );
}

function SearchForm({ query }: { query: URLSearchParams }) {
  const search = (event: Event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => {
      const value = form.get(name);
      return typeof value === 'string' ? value.trim() : '';
    };
    navigate(withQuery('/payments', Object.fromEntries(FILTERS.map((name) => [name, text(name)]))));
  };
  const value = (name: string) => query.get(name) ?? '';
  return (
    <form class="search" role="search" onSubmit={search}>
      <label>
        User
        <input name="userId" defaultValue={value('userId')} spellcheck={false} maxLength={128} />
      </label>
      <label>
        Order
        <input name="orderId" defaultValue={value('orderId')} spellcheck={false} maxLength={64} />
      </label>
      <label>
        Status
        <select name="status" defaultValue={value('status')}>
          <option value="">any</option>
          {STATUS_NAMES.map((name) => (
            <option key={name} value={name}>
              {name.toLowerCase()}
            </option>
          ))}
        </select>
      </label>
      <label>
        Effects
        <select name="effects" defaultValue={value('effects')}>
          <option value="">any</option>
          {EFFECT_NAMES.map(([name, word]) => (
            <option key={name} value={name}>
              {word}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="button primary">
        Search
      </button>
      <a class="button" href="/payments">
        Clear
      </a>
    </form>
  );
}

function Rows({ rows, isFiltered }: { rows: PaymentSummary[]; isFiltered: boolean }) {
  if (rows.length === 0) {
    return isFiltered ? (
      <Empty title="No payment matches.">
        <a href="/payments">Show all payments</a>
      </Empty>
    ) : (
      <Empty title="No payments yet.">
        <a href="/shop">Make the first one in the Shop.</a>
      </Empty>
    );
  }
  return (
    <table class="rows payment-rows">
      <thead>
        <tr>
          <th scope="col">Created</th>
          <th scope="col">Payment</th>
          <th scope="col">User</th>
          <th scope="col">Order</th>
          <th scope="col" class="right">
            Amount
          </th>
          <th scope="col">State and effects</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.id} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ row }: { row: PaymentSummary }) {
  return (
    <tr>
      <td class="cell-created">
        <Time at={row.createdAt} day />
      </td>
      <td class="cell-id">
        <Id value={row.id} href={`/payments/${row.id}`} max={13} label="payment id" />
      </td>
      <td class="cell-user" title={row.userId}>
        <a class="quiet" href={withQuery('/payments', { userId: row.userId })}>
          {middleEllipsis(row.userId, 20)}
        </a>
      </td>
      <td class="cell-order mono" title={row.orderId}>
        {middleEllipsis(row.orderId, 20)}
      </td>
      <td class="cell-amount right num">{formatMoney(row.amountMinor, row.currency)}</td>
      <td class="cell-effects">
        {row.status === 'COMPLETED' ? (
          <Effects effects={row.effects} />
        ) : (
          <StatusWord status={row.status} />
        )}
      </td>
    </tr>
  );
}

interface PagerProps {
  filters: Record<string, string | null>;
  cursor: string | null;
  next: string | null;
}

function Pager({ filters, cursor, next }: PagerProps) {
  return (
    <nav class="pager" aria-label="Pages of payments">
      {cursor === null ? null : (
        <a class="button" href={withQuery('/payments', filters)}>
          Newest
        </a>
      )}
      {next === null ? null : (
        <a class="button" href={withQuery('/payments', { ...filters, cursor: next })}>
          Older →
        </a>
      )}
    </nav>
  );
}
