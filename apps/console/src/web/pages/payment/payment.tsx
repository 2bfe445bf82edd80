import { useEffect } from 'preact/hooks';
import type { PaymentEvidence } from '../../../control-room/wire/evidence.js';
import { onPayments } from '../../live/live.js';
import { PageTitle } from '../../parts/page-title.js';
import { Id, ProblemBox, Skeleton } from '../../parts/small.js';
import { useApi } from '../../parts/use-data.js';
import { ExportButton } from './bundle/export-button.js';
import { Evidence } from './evidence.js';
import { askAgainAfterMs } from './progress.js';

export function PaymentPage({ id }: { id: string }) {
  const address = `/api/payments/${encodeURIComponent(id)}`;
  const asked = useApi<PaymentEvidence>(address);
  const payment = asked.data;
  useEffect(
    () => onPayments((changed) => changed.some((one) => one.id === id) && asked.again()),
    [id],
  );
  useEffect(() => {
    const afterMs = payment && askAgainAfterMs(payment, Date.now());
    if (!afterMs) return;
    const timer = setTimeout(() => !document.hidden && asked.again(), afterMs);
    return () => clearTimeout(timer);
  }, [payment]);
  return (
    <>
      <PageTitle title="Payment">
        <Id value={id} max={36} label="payment id" />
        <a href="/payments">All payments</a>
        <a href="/payments/import">Import</a>
        {payment ? <ExportButton payment={payment} /> : null}
      </PageTitle>
      {asked.problem ? <ProblemBox problem={asked.problem} retry={asked.again} /> : null}
      {payment ? (
        <Evidence payment={payment} />
      ) : asked.problem ? null : (
        <section class="panel payment-loading" aria-busy="true" aria-label="Payment">
          <Skeleton rows={14} />
        </section>
      )}
    </>
  );
}
