import { useEffect } from 'preact/hooks';
import type { OperatorAction, ResultPage } from '../../../control-room/wire/dead-letters.js';
import { Badge, Empty, ProblemBox, Skeleton, Time } from '../../parts/small.js';
import { count } from '../../parts/text/numbers.js';
import { durationText } from '../../parts/text/relative-time.js';
import { useApi } from '../../parts/use-data.js';
import { addressOf } from './selection.js';
import { Panel } from '../../parts/panel.js';

const AGAIN_MS = 1_000;
const HISTORY_AGAIN_MS = 5_000;

/** The progress of one action. The console stores it, so the page may be closed meanwhile. */
export function ActionPanel({ id, onEnd }: { id: string; onEnd: () => void }) {
  const address = `/api/dlq/actions/${id}`;
  const asked = useApi<OperatorAction>(address, AGAIN_MS, ({ finishedAt }) => finishedAt !== null);
  const action = asked.data;
  const isFinished = action?.finishedAt != null;
  useEffect(() => {
    if (isFinished) onEnd();
  }, [isFinished]);
  const isAway = asked.problem?.status === 0;
  return (
    <section class="panel action-panel" aria-labelledby="action" data-action={id}>
      <header class="panel-head">
        <h2 id="action">
          {action ? `${action.kind === 'redrive' ? 'Redrive' : 'Discard'} ${id}` : `Action ${id}`}
        </h2>
        {action ? <a href={addressOf({ consumer: action.consumer })}>Close</a> : null}
      </header>
      {asked.problem && !isAway ? <ProblemBox problem={asked.problem} retry={asked.again} /> : null}
      {isAway ? (
        <p class="action-away" role="status">
          The console does not answer. The redrive is stored, and the next console continues it.
        </p>
      ) : null}
      {action ? <Progress action={action} /> : asked.problem ? null : <Skeleton rows={2} />}
    </section>
  );
}

function Progress({ action }: { action: OperatorAction }) {
  const { kind, consumer, done, givenBack, finishedAt } = action;
  const word = kind === 'redrive' ? 'redriven' : 'discarded';
  return (
    <div class="action-body">
      <progress
        value={done + givenBack}
        max={Math.max(1, action.count)}
        aria-label={`Progress of action ${action.id}`}
      />
      <p role="status" data-done={done} data-finished={finishedAt !== null}>
        <b class="num">
          {count(done)} of {count(action.count)} {word}
        </b>
        {givenBack > 0 ? `, ${count(givenBack)} given back: they cannot be redriven` : ''}
        {finishedAt
          ? `, finished after ${durationText(Date.parse(finishedAt) - Date.parse(action.askedAt))}`
          : ''}
      </p>
      <p class="dim">
        {finishedAt && kind === 'redrive'
          ? `The effects follow as ${consumer} processes the records: each payment below shows its own.`
          : null}{' '}
        <a href={addressOf({ consumer, action: action.id })}>Show its dead letters</a>
      </p>
    </div>
  );
}

/** Who decided what, and when. */
export function History() {
  const address = '/api/dlq/actions?limit=20';
  const asked = useApi<ResultPage<OperatorAction>>(address, HISTORY_AGAIN_MS);
  const items = asked.data?.items;
  return (
    <Panel id="history" heading="History of decisions" aria-busy={!items && !asked.problem}>
      {asked.problem ? <ProblemBox problem={asked.problem} retry={asked.again} /> : null}
      {items?.length === 0 ? <Empty title="No operator has decided anything yet." /> : null}
      {items ? (
        <ul class="lines history-lines">
          {items.map((action) => (
            <HistoryLine key={action.id} action={action} />
          ))}
        </ul>
      ) : asked.problem ? null : (
        <Skeleton rows={4} />
      )}
    </Panel>
  );
}

function HistoryLine({ action }: { action: OperatorAction }) {
  const { id, kind, consumer, operator, reason, done, givenBack, finishedAt } = action;
  return (
    <li>
      <Badge tone={finishedAt === null ? 'late' : 'calm'}>{kind}</Badge>
      <span class="line-text">
        <span>
          <a href={addressOf({ consumer, action: id })}>
            {count(done)} of {count(action.count)} of {consumer}
          </a>{' '}
          <span class="dim">by {operator}</span>
        </span>
        <small class="dim">
          <Time at={action.askedAt} day /> · {whatOf(action.filter)}
          {givenBack > 0 ? ` · ${count(givenBack)} given back` : ''}
          {finishedAt === null ? ' · not finished' : ''}
          {reason === null ? '' : ` · “${reason}”`}
        </small>
      </span>
    </li>
  );
}

function whatOf(filter: OperatorAction['filter']): string {
  const { ids, errorClass, errorName } = filter;
  if (Array.isArray(ids)) return ids.length === 1 ? 'one by its id' : `${ids.length} by their ids`;
  const parts = [errorClass, errorName].filter((part) => typeof part === 'string');
  return parts.length > 0 ? parts.join(' · ') : 'every cause';
}
