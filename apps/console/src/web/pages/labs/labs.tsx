import type { LabList, LabSummary } from '../../../control-room/wire/labs.js';
import { PageTitle } from '../../parts/page-title.js';
import { Empty, ProblemBox, Skeleton } from '../../parts/small.js';
import { useApi } from '../../parts/use-data.js';
import { Why } from '../../parts/why-disclosure.js';
import { LastRun } from './last-run.js';
import { Panel } from '../../parts/panel.js';

/** What the labs claim, and what their last runs on this machine found. */
export function LabsPage() {
  const { data, problem, again, isLoading } = useApi<LabList>('/api/labs');
  return (
    <>
      <PageTitle title="Labs">
        <p>
          Each measures one claim on servers of its own, with real kills. <code>npm run lab</code>{' '}
          runs them.
        </p>
      </PageTitle>
      {problem ? <ProblemBox problem={problem} retry={again} /> : null}
      <Panel
        id="labs"
        heading="Claims"
        aria-busy={isLoading}
        head={<Why name="labs" about="the labs" />}
      >
        {data ? <Labs labs={data.items} /> : problem ? null : <Skeleton rows={12} />}
      </Panel>
    </>
  );
}

function Labs({ labs }: { labs: LabSummary[] }) {
  if (labs.length === 0) {
    return <Empty title="No lab is documented here.">docs/labs.md cannot be read.</Empty>;
  }
  return (
    <ul class="labs">
      {labs.map((lab) => (
        <li key={lab.name} class="lab">
          <a href={`/labs/${lab.name}`}>{lab.name}</a>
          <div class="lab-claim">
            <p>{lab.claim}</p>
            <p class="dim">Failure window: {lab.failureWindow}</p>
          </div>
          <LastRun lab={lab} />
        </li>
      ))}
    </ul>
  );
}
