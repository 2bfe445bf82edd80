import { PageTitle } from '../parts/page-title.js';
import { Empty } from '../parts/small.js';

/** An address that no page has. */
export function NothingHerePage() {
  return (
    <>
      <PageTitle title="Nothing here" />
      <div class="panel">
        <Empty title="There is no page at this address.">
          <a href="/">Go to the overview</a>
        </Empty>
      </div>
    </>
  );
}
