import { PageTitle } from '../parts/page-title.js';
import { Empty } from '../parts/small.js';

const COMING: Record<string, { title: string; what: string; until: string }> = {
  '/break': {
    title: 'Break things',
    what: 'One card for each link of the pipeline, with what will happen before you press it.',
    until: 'Until then, README shows under “Break it” how to do it with curl.',
  },
  '/scenarios': {
    title: 'Scenarios',
    what: 'Scripted failures that run step by step and end with an audit.',
    until: 'Until then, npm run test:faults injects random faults and audits.',
  },
};

/** A page that is not built yet says what comes, and what to use until then. */
export function ComingPage({ path }: { path: string }) {
  const page = COMING[path];
  if (!page) {
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
  return (
    <>
      <PageTitle title={page.title} />
      <div class="panel">
        <Empty title="This page is not built yet.">
          {page.what} {page.until}
        </Empty>
      </div>
    </>
  );
}
