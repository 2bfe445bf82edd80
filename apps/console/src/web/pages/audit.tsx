import { PageTitle } from '../parts/page-title.js';
import { Empty } from '../parts/small.js';

export function AuditPage() {
  return (
    <>
      <PageTitle title="Audit" />
      <div class="panel">
        <Empty title="This page comes next.">Until then: npm run audit</Empty>
      </div>
    </>
  );
}
