import { ProblemBox } from '../../../parts/small.js';
import type { Selection } from '../selection.js';
import { useDecision } from './decide.js';
import { Forecast } from './forecast.js';

interface RedriveOneProps {
  consumer: string;
  id: string;
  selection: Selection;
  onDone: () => void;
}

/** The dead letter that is open, and no other: a dry run, and then the redrive of exactly one. */
export function RedriveOne({ id, ...props }: RedriveOneProps) {
  const { counted, problem, isBusy, count, decide } = useDecision({ ...props, ids: [id] });
  return (
    <div class="redrive-one">
      {problem ? <ProblemBox problem={problem} retry={() => void count()} /> : null}
      {counted?.forecast ? (
        <>
          <Forecast forecast={counted.forecast} count={counted.count} left={0} />
          <button
            type="button"
            class="button primary"
            disabled={isBusy}
            onClick={() => void decide('redrive', { expect: 1 })}
          >
            Redrive it
          </button>
        </>
      ) : (
        <button type="button" class="button" disabled={isBusy} onClick={() => void count()}>
          What would a redrive of it do?
        </button>
      )}
    </div>
  );
}
