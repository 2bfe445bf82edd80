import { useState } from 'preact/hooks';
import { verdictSentence } from '@effectively-once/audit/report';
import type {
  OfferedScenario,
  RunSummary,
  Scenarios,
} from '../../../control-room/wire/scenarios.js';
import { api, type AnswerProblem } from '../../live/api.js';
import { navigate } from '../../live/router.js';
import { hasDemoControls } from '../../live/session.js';
import { PageTitle } from '../../parts/page-title.js';
import { Empty, ProblemBox, Skeleton, Time } from '../../parts/small.js';
import { asProblem, useApi } from '../../parts/use-data.js';
import { isOver, RunState } from './run-state.js';
import { Panel } from '../../parts/panel.js';

const AGAIN_MS = 1_500;

/** Scripted stories about failures. Each one is also an end-to-end test. */
export function ScenariosPage() {
  return (
    <>
      <PageTitle title="Scenarios">
        <p>
          Each story breaks something, watches what happens, and ends with an audit of every payment
          since its start. The same definition is an end-to-end test.
        </p>
      </PageTitle>
      {hasDemoControls ? (
        <Stories />
      ) : (
        <div class="panel">
          <Empty title="No story can run here.">
            Stories break things. They exist only in a demo: with DEMO_CONTROLS=1 and its secret.
          </Empty>
        </div>
      )}
    </>
  );
}

function Stories() {
  const stories = useApi<Scenarios>('/api/scenarios', AGAIN_MS);
  const [problem, setProblem] = useState<AnswerProblem | undefined>();
  const start = async (name: string) =>
    await api<RunSummary>(`/api/scenarios/${name}/runs`, { method: 'POST' });
  const attempt = (work: Promise<unknown>) => {
    setProblem(undefined);
    void work.catch((error: unknown) => setProblem(asProblem(error))).finally(stories.again);
  };
  const shown = problem ?? (stories.data ? undefined : stories.problem);
  const { items = [], runs = [] } = stories.data ?? {};
  const runAll = async () => {
    for (const { name, acts } of items) if (acts === 'here') await start(name);
  };
  const open = runs.filter(({ state }) => !isOver(state));
  const stopAll = () =>
    Promise.all(open.map(({ id }) => api(`/api/scenario-runs/${id}`, { method: 'DELETE' })));
  return (
    <>
      {shown ? <ProblemBox problem={shown} retry={stories.again} /> : null}
      <div class="panel break-bar">
        <button type="button" class="button primary" onClick={() => attempt(runAll())}>
          Run all
        </button>
        {open.length > 0 ? (
          <button type="button" class="button" onClick={() => attempt(stopAll())}>
            Stop all
          </button>
        ) : null}
        <p role="status">{summaryOf(items)}</p>
      </div>
      {stories.data ? (
        <div class="cards">
          {items.map((story) => (
            <Story
              key={story.name}
              story={story}
              run={() =>
                attempt(start(story.name).then(({ id }) => navigate(`/scenarios/runs/${id}`)))
              }
            />
          ))}
        </div>
      ) : (
        <div class="panel">
          <Skeleton rows={20} />
        </div>
      )}
      {stories.data ? <Runs runs={runs} /> : null}
    </>
  );
}

function summaryOf(items: OfferedScenario[]): string {
  const states = items.map(({ lastRun }) => lastRun?.state);
  const count = (state: string) => states.filter((one) => one === state).length;
  const waiting = count('running') + count('queued');
  return (
    `Last runs of ${items.length} stories: ${count('ok')} as told, ${count('failed')} failed` +
    (waiting > 0 ? `, ${waiting} to go` : '')
  );
}

function Story({ story, run }: { story: OfferedScenario; run: () => void }) {
  const { name, title, behaviour, demonstrates, success, proof, acts, lastRun } = story;
  return (
    <section class="panel card" aria-labelledby={`story-${name}`} data-scenario={name}>
      <header class="panel-head">
        <h2 id={`story-${name}`}>{title}</h2>
        {lastRun ? <RunState state={lastRun.state} /> : null}
      </header>
      <dl class="story">
        <dt>Happens</dt>
        <dd>{behaviour}</dd>
        <dt>Shows</dt>
        <dd>{demonstrates}</dd>
        <dt>Success</dt>
        <dd>{success}</dd>
        <dt>Proof</dt>
        <dd>{proof}</dd>
      </dl>
      <footer class="story-foot">
        {acts === 'nowhere' ? (
          <small class="dim">It kills a process at a point of its code: run it natively.</small>
        ) : (
          <button type="button" class="button" onClick={run}>
            {acts === 'here' ? 'Run' : 'Run with your help'}
            <span class="hidden">: {title}</span>
          </button>
        )}
        {lastRun ? <a href={`/scenarios/runs/${lastRun.id}`}>Last receipt</a> : null}
      </footer>
    </section>
  );
}

function Runs({ runs }: { runs: RunSummary[] }) {
  return (
    <Panel
      id="runs"
      heading="Receipts"
      head={<span class="dim">kept as JSON files; the links stay</span>}
    >
      {runs.length === 0 ? <Empty title="No story has run yet." /> : null}
      <ol class="history-rows">
        {runs.map((run) => (
          <li key={run.id}>
            <Time at={run.startedAt} />
            <a href={`/scenarios/runs/${run.id}`}>{run.title}</a>
            <span class="dim num">
              {run.why ?? (run.verdict ? verdictSentence(run.verdict) : '')}
            </span>
            <RunState state={run.state} />
          </li>
        ))}
      </ol>
    </Panel>
  );
}
