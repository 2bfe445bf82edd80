import { connection, latestPayments, overview } from '../../live/live.js';
import { Effects, StatusWord } from '../../parts/effects.js';
import { PageTitle } from '../../parts/page-title.js';
import { Empty, Id, Skeleton, Time } from '../../parts/small.js';
import { formatMoney } from '@effectively-once/contracts/money';
import { FaultsPanel, OpenPagesPanel } from './side-panels.js';
import { Pipeline } from './pipeline.js';
import { Panel } from '../../parts/panel.js';

const SHOWN = 8;

/** The whole system in one picture, with numbers that are live. */
export function OverviewPage() {
  const now = overview.value;
  return (
    <>
      <PageTitle title="Overview">
        <p>A customer pays once. Three services react. Every link between them, live.</p>
        <a class="button primary" href="/shop">
          Make a payment
        </a>
      </PageTitle>
      {now ? <Pipeline overview={now} /> : <PipelineSkeleton />}
      <Latest />
      <div class="columns">
        <OpenPagesPanel pages={now?.openPages ?? null} isKnown={now !== null} />
        <FaultsPanel faults={now?.faults ?? null} isKnown={now !== null} />
      </div>
    </>
  );
}

function PipelineSkeleton() {
  return (
    <section class="pipeline is-loading" aria-label="The pipeline" aria-busy="true">
      <Skeleton rows={9} />
    </section>
  );
}

function Latest() {
  const rows = latestPayments.value.slice(0, SHOWN);
  return (
    <Panel
      id="latest"
      heading="Latest payments"
      class="latest"
      head={<a href="/payments">All payments</a>}
    >
      {rows.length === 0 ? (
        connection.value.state === 'open' ? (
          <Empty title="No payments yet.">
            <a href="/shop">Make the first one in the Shop.</a>
          </Empty>
        ) : (
          <Skeleton rows={SHOWN} />
        )
      ) : (
        <ul class="latest-rows">
          {rows.map((row) => (
            <li key={row.id}>
              <Time at={row.createdAt} />
              <Id value={row.id} href={`/payments/${row.id}`} max={13} label="payment id" />
              <span class="user" title={row.userId}>
                {row.userId}
              </span>
              <span class="order dim mono" title={row.orderId}>
                {row.orderId}
              </span>
              <span class="amount num">{formatMoney(row.amountMinor, row.currency)}</span>
              {row.status === 'COMPLETED' ? (
                <Effects effects={row.effects} />
              ) : (
                <StatusWord status={row.status} />
              )}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
