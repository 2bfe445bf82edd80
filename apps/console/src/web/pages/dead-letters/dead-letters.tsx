import type { CauseList } from '../../../control-room/wire/dead-letters.js';
import { route, withQuery } from '../../live/router.js';
import { PageTitle } from '../../parts/page-title.js';
import { Empty, ProblemBox, Skeleton } from '../../parts/small.js';
import { useApi } from '../../parts/use-data.js';
import { Why } from '../../parts/why-disclosure.js';
import { ActionPanel, History } from './actions-panel.js';
import { Causes } from './causes.js';
import { Decide } from './decide/decide.js';
import { Letters } from './letters.js';
import { addressOf, nameOf, readSelection, type LetterState } from './selection.js';
import { Panel } from '../../parts/panel.js';

const AGAIN_MS = 5_000;
const EMPTY: Record<LetterState, string> = {
  pending: 'No dead letter waits for a decision.',
  redriven: 'No dead letter was redriven.',
  discarded: 'No dead letter was discarded.',
};

/** Dead letters by cause: what waits for the operator, and what the operator decided. */
export function DeadLettersPage() {
  const selection = readSelection(route.value.search);
  const { state, consumer, action } = selection;
  const address = withQuery('/api/dlq/causes', { state });
  const causes = useApi<CauseList>(address, AGAIN_MS);
  return (
    <>
      <PageTitle title="Dead letters">
        <p>
          Records that a consumer could not process. No other record waits for them; their effect is
          missing until an operator decides.
        </p>
        <States current={state} />
      </PageTitle>
      {causes.problem ? <ProblemBox problem={causes.problem} retry={causes.again} /> : null}
      <div class="letters-page">
        {action ? <ActionPanel key={action} id={action} onEnd={causes.again} /> : null}
        <Panel
          id="causes"
          heading="By cause"
          aria-busy={!causes.data && !causes.problem}
          head={<Why name="letters" about="dead letters" />}
        >
          {causes.data ? (
            causes.data.items.length > 0 ? (
              <Causes causes={causes.data.items} selection={selection} />
            ) : (
              <Empty title={EMPTY[state]} />
            )
          ) : causes.problem ? null : (
            <Skeleton rows={6} />
          )}
        </Panel>
        {consumer ? (
          <>
            {state === 'pending' && !action ? (
              <Decide
                key={nameOf(selection)}
                consumer={consumer}
                selection={selection}
                onDone={causes.again}
              />
            ) : null}
            <Letters consumer={consumer} selection={selection} onDone={causes.again} />
          </>
        ) : null}
        <History />
      </div>
    </>
  );
}

function States({ current }: { current: LetterState }) {
  return (
    <nav class="tabs" aria-label="States">
      {(['pending', 'redriven', 'discarded'] as const).map((state) => (
        <a key={state} href={addressOf({ state })} aria-current={state === current}>
          {state}
        </a>
      ))}
    </nav>
  );
}
