import { useState } from 'preact/hooks';
import type { BrokenNow } from '@effectively-once/scenarios';
import type { Faults, OfferedFault } from '../../../control-room/wire/faults.js';
import { api } from '../../live/api.js';
import { clock } from '../../live/render.js';
import { hasDemoControls } from '../../live/session.js';
import { PageTitle } from '../../parts/page-title.js';
import { Badge, Empty, ProblemBox, Skeleton } from '../../parts/small.js';
import { ageText } from '../../parts/text/relative-time.js';
import { asProblem, useApi } from '../../parts/use-data.js';
import type { AnswerProblem } from '../../live/api.js';
import { FaultCard } from './fault-card.js';
import { PlanPanel } from './plan-panel.js';
import { FaultHistoryPanel } from './fault-history-panel.js';
import { Panel } from '../../parts/panel.js';

const AGAIN_MS = 2_000;
const SECONDS_DEFAULT = 20;
const ADDRESS_DEFAULT = 'alice@example.com';

/** One card for each link of the pipeline, with what will happen before it is broken. */
export function BreakPage() {
  return (
    <>
      <PageTitle title="Break things">
        <p>
          Read the prediction, break it, and watch. Every fault ends by itself, also if this console
          is killed. Then an audit of every payment says whether the prediction was right.
        </p>
      </PageTitle>
      {hasDemoControls ? (
        <Board />
      ) : (
        <div class="panel">
          <Empty title="Nothing can be broken here.">
            Faults exist only in a demo: with DEMO_CONTROLS=1 and the secret of the demo.
          </Empty>
        </div>
      )}
    </>
  );
}

function Board() {
  const faults = useApi<Faults>('/api/faults', AGAIN_MS);
  const [seconds, setSeconds] = useState(SECONDS_DEFAULT);
  const [address, setAddress] = useState(ADDRESS_DEFAULT);
  const [problem, setProblem] = useState<AnswerProblem | undefined>();
  const act = (method: string, path: string, body?: object) => {
    setProblem(undefined);
    void api(path, { method, ...(body ? { body } : {}) })
      .catch((error: unknown) => setProblem(asProblem(error)))
      .finally(faults.again);
  };
  const breakIt = ({ target, kind, needsAddress }: OfferedFault, point?: string) =>
    act('POST', '/api/faults', {
      target,
      kind,
      seconds,
      ...(point ? { point } : {}),
      ...(needsAddress ? { address } : {}),
    });
  const revert = (id: string) => act('DELETE', `/api/faults/${encodeURIComponent(id)}`);
  const shown = problem ?? (faults.data ? undefined : faults.problem);
  return (
    <>
      {shown ? <ProblemBox problem={shown} retry={faults.again} /> : null}
      <Settings {...{ seconds, setSeconds, address, setAddress }} />
      <BrokenPanel faults={faults.data} revert={revert} />
      {faults.data ? (
        <>
          <div class="cards">
            {faults.data.links.map((link) => (
              <FaultCard key={link.id} link={link} now={faults.data!} breakIt={breakIt} />
            ))}
          </div>
          <PlanPanel
            plan={faults.data.plan}
            start={(seed) => act('POST', '/api/faults/plan', { seed })}
            stop={() => act('DELETE', '/api/faults/plan')}
          />
          <FaultHistoryPanel history={faults.data.history} />
        </>
      ) : (
        <div class="panel">
          <Skeleton rows={20} />
        </div>
      )}
    </>
  );
}

interface SettingsProps {
  seconds: number;
  setSeconds: (seconds: number) => void;
  address: string;
  setAddress: (address: string) => void;
}

function Settings({ seconds, setSeconds, address, setAddress }: SettingsProps) {
  return (
    <div class="panel break-bar">
      <label>
        Seconds
        <input
          type="number"
          min="1"
          max="600"
          value={seconds}
          onInput={({ currentTarget }) => setSeconds(Number(currentTarget.value))}
        />
      </label>
      <label>
        Mailbox, for 550
        <input
          type="email"
          value={address}
          onInput={({ currentTarget }) => setAddress(currentTarget.value)}
        />
      </label>
      <p>
        Payments must come in, or nothing is at risk: pay in the <a href="/shop">Shop</a>, there is
        a burst. The <a href="/">overview</a> shows every link while it is broken.
      </p>
    </div>
  );
}

function BrokenPanel({ faults, revert }: { faults: Faults | undefined; revert: Revert }) {
  return (
    <Panel
      id="broken"
      heading="Broken now"
      class="broken"
      aria-live="polite"
      head={
        faults?.unreadable.length ? (
          <span class="tone-late">No answer: {faults.unreadable.join(', ')}</span>
        ) : null
      }
    >
      {faults?.broken.length === 0 ? <Empty title="Nothing is broken on purpose." /> : null}
      <ul class="lines">
        {(faults?.broken ?? []).map((fault) => (
          <BrokenLine key={fault.id} fault={fault} revert={revert} />
        ))}
      </ul>
    </Panel>
  );
}

type Revert = (id: string) => void;

const STATES: Record<BrokenNow['state'], string> = {
  armed: 'waits for its moment',
  broken: 'is broken',
  reverting: 'is coming back',
};

function BrokenLine({ fault, revert }: { fault: BrokenNow; revert: Revert }) {
  const { id, target, kind, point, state, until } = fault;
  return (
    <li data-broken={target} data-state={state}>
      <Badge tone={state === 'reverting' ? 'calm' : 'late'} icon="break">
        {target}
      </Badge>
      <span class="line-text">
        <span>
          {kind.replaceAll('_', ' ')}
          {point ? ` ${point}` : ''}
        </span>
        <small class="dim">{STATES[state]}</small>
      </span>
      <b class="num">
        <span class="hidden">ends in </span>
        {until ? ageText(Date.parse(until) - clock.value) : 'no end'}
      </b>
      {state === 'reverting' ? null : (
        <button type="button" class="button" onClick={() => revert(id)}>
          Repair now<span class="hidden"> {target}</span>
        </button>
      )}
    </li>
  );
}
