import type { DeadLetterSummary, ResultPage } from '../../../control-room/wire/dead-letters.js';
import { withQuery } from '../../live/router.js';
import { Badge, Empty, Id, ProblemBox, Skeleton, Time } from '../../parts/small.js';
import { useApi } from '../../parts/use-data.js';
import { LetterDetail } from './letter-detail.js';
import { addressOf, filterOf, nameOf, type Selection } from './selection.js';
import { Panel } from '../../parts/panel.js';

const PAGE_SIZE = '50';

interface LettersProps {
  consumer: string;
  selection: Selection;
  onDone: () => void;
}

/** The dead letters of a cause or of an action, newest first. */
export function Letters({ consumer, selection, onDone }: LettersProps) {
  const { state, action, cursor, letter } = selection;
  const address = withQuery(`/api/dlq/${consumer}`, {
    ...filterOf(selection),
    // The letters of a redrive change their state while one looks.
    state: action ? null : state,
    action,
    cursor,
    limit: PAGE_SIZE,
  });
  const list = useApi<ResultPage<DeadLetterSummary>>(address);
  const next = list.data?.nextCursor ?? null;
  return (
    <Panel
      id="letters"
      heading={<>{action ? `Dead letters of action ${action}` : nameOf(selection)}</>}
      aria-busy={!list.data && !list.problem}
      head={
        <button type="button" class="link" onClick={list.again}>
          Refresh
        </button>
      }
    >
      {letter ? <LetterDetail {...{ consumer, selection, onDone }} id={letter} /> : null}
      {list.problem ? <ProblemBox problem={list.problem} retry={list.again} /> : null}
      {list.data ? (
        <Rows letters={list.data.items} selection={selection} />
      ) : list.problem ? null : (
        <Skeleton rows={10} />
      )}
      {cursor === null && next === null ? null : (
        <nav class="pager in-panel" aria-label="Pages of dead letters">
          {cursor === null ? null : (
            <a class="button" href={addressOf({ ...selection, cursor: null })}>
              Newest
            </a>
          )}
          {next === null ? null : (
            <a class="button" href={addressOf({ ...selection, cursor: next })}>
              Older →
            </a>
          )}
        </nav>
      )}
    </Panel>
  );
}

function Rows({ letters, selection }: { letters: DeadLetterSummary[]; selection: Selection }) {
  if (letters.length === 0) return <Empty title="There is none any more." />;
  return (
    <table class="rows letter-rows">
      <thead>
        <tr>
          <th scope="col">Dead-lettered</th>
          <th scope="col">Dead letter</th>
          <th scope="col">Payment</th>
          <th scope="col">Message</th>
          <th scope="col">State</th>
        </tr>
      </thead>
      <tbody>
        {letters.map((letter) => (
          <Row key={letter.id} letter={letter} selection={selection} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ letter, selection }: { letter: DeadLetterSummary; selection: Selection }) {
  const { id, paymentId, attempts, redriveCount, errorMessage } = letter;
  return (
    <tr data-letter={id} class={selection.letter === id ? 'is-current' : ''}>
      <td class="letter-at">
        <Time at={letter.deadLetteredAt} day />
      </td>
      <td class="letter-id">
        <a class="mono" href={addressOf({ ...selection, letter: id })}>
          {id}
        </a>
      </td>
      <td class="letter-payment">
        {paymentId ? (
          <Id value={paymentId} href={`/payments/${paymentId}`} max={13} label="payment id" />
        ) : (
          <span class="dim">names none</span>
        )}
      </td>
      <td class="letter-message">
        {errorMessage}
        <small class="dim num">
          {attempts} {attempts === 1 ? 'attempt' : 'attempts'}
          {redriveCount > 0 ? ` · redriven ${redriveCount} of 3 times` : ''}
        </small>
      </td>
      <td class="letter-state">
        <StateBadge letter={letter} />
      </td>
    </tr>
  );
}

const GIVEN_BACK = {
  record_gone: 'its record is gone',
  original_gone: 'its original is gone',
  too_large: 'too large for the redrive topic',
} as const;

function StateBadge({ letter: { state, cannotRedrive, valueCut } }: { letter: DeadLetterSummary }) {
  if (state !== 'pending')
    return <Badge tone={state === 'redriven' ? 'ok' : 'calm'}>{state}</Badge>;
  return (
    <>
      <Badge tone="late">pending</Badge>
      {cannotRedrive ? <small class="dim"> {GIVEN_BACK[cannotRedrive]}</small> : null}
      {valueCut === null ? null : <small class="dim"> cut</small>}
    </>
  );
}
