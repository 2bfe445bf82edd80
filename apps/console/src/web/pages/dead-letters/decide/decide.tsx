import { useState } from 'preact/hooks';
import type { Decision } from '../../../../control-room/wire/dead-letters.js';
import { api, type AnswerProblem } from '../../../live/api.js';
import { navigate } from '../../../live/router.js';
import { ProblemBox } from '../../../parts/small.js';
import { asProblem } from '../../../parts/use-data.js';
import { addressOf, filterOf, nameOf, type Selection } from '../selection.js';
import { DiscardForm, RedriveForm } from './confirm.js';
import { Forecast } from './forecast.js';
import { Panel } from '../../../parts/panel.js';

/** As many as one request may name. */
const MAX = 10_000;

interface DecideProps {
  consumer: string;
  selection: Selection;
  onDone: () => void;
}

/**
 * From the count to the decision:
 *
 *   dry run ──► what would happen ──► the operator types the count ──► redrive, or discard
 *                    ▲                                                      │
 *                    └── 409: the set has changed, nothing was done ◄───────┘
 */
export function Decide({ consumer, selection, onDone }: DecideProps) {
  const { counted, problem, isBusy, count, decide } = useDecision({ consumer, selection, onDone });
  return (
    <Panel
      id="decide"
      heading="Redrive or discard"
      class="decide"
      head={<span class="dim">{nameOf(selection)}</span>}
    >
      {problem ? <ProblemBox problem={problem} retry={() => void count()} /> : null}
      <div class="decide-body">
        <p>
          <button
            type="button"
            class={counted ? 'button' : 'button primary'}
            disabled={isBusy}
            onClick={() => void count()}
          >
            {isBusy && !counted ? 'Counting…' : counted ? 'Count again' : 'Dry run'}
          </button>{' '}
          <span class="dim">
            {counted ? '' : 'Changes nothing: it counts what a redrive would do.'}
          </span>
        </p>
        {counted?.forecast ? (
          <>
            <Forecast forecast={counted.forecast} count={counted.count} left={counted.left} />
            <RedriveForm
              count={counted.count}
              isBusy={isBusy}
              redrive={(expect) => void decide('redrive', { expect, max: MAX })}
            />
            <DiscardForm
              count={discardable(counted)}
              isBusy={isBusy}
              discard={(expect, reason) => void decide('discard', { expect, reason })}
            />
          </>
        ) : null}
      </div>
    </Panel>
  );
}

/** @param ids these dead letters; undefined: all that match the selection. */
export function useDecision({
  consumer,
  selection,
  onDone,
  ids,
}: DecideProps & { ids?: string[] }) {
  const [counted, setCounted] = useState<Decision>();
  const [problem, setProblem] = useState<AnswerProblem>();
  const [isBusy, setBusy] = useState(false);
  const filter = filterOf(selection);
  const send = async (command: 'redrive' | 'discard', body: object) => {
    setBusy(true);
    setProblem(undefined);
    try {
      return await api<Decision>(`/api/dlq/${consumer}/${command}`, { method: 'POST', body });
    } catch (error) {
      setProblem(asProblem(error));
      return undefined;
    } finally {
      setBusy(false);
    }
  };
  const count = async () =>
    setCounted(await send('redrive', { ...(ids ? { ids } : { filter }), max: MAX, dryRun: true }));
  const decide = async (command: 'redrive' | 'discard', body: object) => {
    const through = counted?.forecast?.through;
    const which = ids ? { ids } : { filter: { ...filter, through } };
    const decided = await send(command, { ...body, ...which });
    // What was counted is not true any more, in either case.
    setCounted(undefined);
    if (!decided) return;
    onDone();
    const action = decided.action?.id ?? null;
    navigate(addressOf({ ...selection, cursor: null, letter: null, action }));
  };
  return { counted, problem, isBusy, count, decide };
}

/** A discard also takes those that a redrive cannot. */
const discardable = ({ count, left, forecast }: Decision): number =>
  Math.min(MAX, count + left + (forecast?.loopGuard ?? 0) + (forecast?.gone ?? 0));
