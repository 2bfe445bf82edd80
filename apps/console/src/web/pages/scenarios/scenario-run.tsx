import { useEffect } from 'preact/hooks';
import { verdictSentence } from '@effectively-once/audit/report';
import type { ScenarioRun, ScenarioStep } from '@effectively-once/scenarios';
import { api } from '../../live/api.js';
import { liveRuns, snapshots } from '../../live/live.js';
import { clock } from '../../live/render.js';
import { PageTitle } from '../../parts/page-title.js';
import { Badge, CopyButton, Id, ProblemBox, Skeleton } from '../../parts/small.js';
import { durationText } from '../../parts/text/relative-time.js';
import { useApi } from '../../parts/use-data.js';
import { isOver, RunState } from './run-state.js';

/** One run of a story: its steps as they happen, and at its end the audit. */
export function ScenarioRunPage({ id }: { id: string }) {
  const path = `/api/scenario-runs/${encodeURIComponent(id)}`;
  const { data, problem, again } = useApi<ScenarioRun>(path);
  const run = liveRuns.value[id] ?? data;
  const gaps = snapshots.value;
  // What happened while the stream was away.
  useEffect(again, [gaps]);
  if (!run) {
    return (
      <>
        <PageTitle title="A scenario" />
        {problem ? <ProblemBox problem={problem} retry={again} /> : null}
        <div class="panel">{problem ? null : <Skeleton rows={8} />}</div>
      </>
    );
  }
  const isDone = isOver(run.state);
  const stop = () =>
    void api(path, { method: 'DELETE' })
      .catch(() => undefined)
      .finally(again);
  return (
    <>
      <PageTitle title={run.title}>
        <p>
          <a href="/scenarios">All scenarios</a>
        </p>
      </PageTitle>
      <section class="panel" aria-label="The run" data-run={run.id} data-run-state={run.state}>
        <header class="panel-head">
          <h2>
            <RunState state={run.state} />
          </h2>
          <span class="dim">
            receipt <span class="mono">{run.id}</span>
            <CopyButton text={JSON.stringify(run, null, 2)} label="receipt as JSON" />
          </span>
          {isDone ? null : (
            <button type="button" class="button" onClick={stop}>
              Stop
            </button>
          )}
        </header>
        <Steps steps={run.steps} />
        {isDone ? (
          <p class="run-end" role="status">
            {run.verdict ? <b class="num">{verdictSentence(run.verdict)}</b> : null} {run.why}
          </p>
        ) : null}
      </section>
    </>
  );
}

const Steps = ({ steps }: { steps: ScenarioStep[] }) => (
  <ol class="steps" aria-live="polite">
    {steps.map((step) => (
      <StepLine key={step.startedAt + step.title} step={step} />
    ))}
  </ol>
);

const STEP = {
  running: { tone: 'late', icon: 'late', text: 'runs' },
  ok: { tone: 'ok', icon: 'ok', text: 'seen' },
  failed: { tone: 'bad', icon: 'violated', text: 'not seen' },
} as const;

function StepLine({ step }: { step: ScenarioStep }) {
  const { title, startedAt, endedAt, outcome, detail, command, paymentIds } = step;
  const { tone, icon, text } = STEP[outcome];
  const endMs = endedAt === null ? clock.value : Date.parse(endedAt);
  return (
    <li data-outcome={outcome}>
      <Badge tone={tone} icon={icon}>
        {text}
      </Badge>
      <span>
        <b>{title}</b>
        {detail ? <span class="dim"> {detail}</span> : null}
        {command ? (
          <span class="typed">
            Type it in bash or PowerShell: <code>{command}</code>
            <CopyButton text={command} label="command" />
          </span>
        ) : null}
        {paymentIds.map((id) => (
          <Id key={id} value={id} href={`/payments/${id}`} label="payment id" />
        ))}
      </span>
      <span class="dim num">{durationText(Math.max(0, endMs - Date.parse(startedAt)))}</span>
    </li>
  );
}
