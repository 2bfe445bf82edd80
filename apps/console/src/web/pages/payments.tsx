import { PageTitle } from '../parts/page-title.js';
import { Empty } from '../parts/small.js';

export function PaymentsPage() {
  return (
    <>
      <PageTitle title="Payments" />
      <div class="panel">
        <Empty title="This page comes next.">Until then: the overview lists the latest</Empty>
      </div>
    </>
  );
}
