import { PageTitle } from '../../parts/page-title.js';
export function PaymentPage({ id }: { id: string }) {
  return <PageTitle title={id} />;
}
