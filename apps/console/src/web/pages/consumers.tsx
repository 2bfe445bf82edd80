import { PageTitle } from '../parts/page-title.js';

export function ConsumersPage() {
  return <PageTitle title="Consumers" />;
}
