import { useEffect, useRef, useState } from 'preact/hooks';
import { count as shown } from '../../../parts/text/numbers.js';

interface RedriveFormProps {
  count: number;
  isBusy: boolean;
  redrive: (expect: number) => void;
}

/** The operator types the count, so that no redrive is larger than its operator believes. */
export function RedriveForm({ count, isBusy, redrive }: RedriveFormProps) {
  const [typed, setTyped] = useState('');
  const input = useRef<HTMLInputElement>(null);
  // The next thing that the operator does, also with the keyboard alone.
  useEffect(() => input.current?.focus(), [count]);
  if (count === 0) return <p>A redrive would send nothing.</p>;
  const submit = (event: Event) => {
    event.preventDefault();
    if (isCount(typed, count)) redrive(count);
  };
  return (
    <form class="confirm" onSubmit={submit}>
      <label>
        Type {shown(count)} to redrive
        <input
          ref={input}
          name="redrive-count"
          inputMode="numeric"
          autoComplete="off"
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button primary" disabled={isBusy || !isCount(typed, count)}>
        Redrive {shown(count)}
      </button>
      <small class="dim">
        To this consumer only, at most 200 a second. The records of each user keep their order.
      </small>
    </form>
  );
}

interface DiscardFormProps {
  count: number;
  isBusy: boolean;
  discard: (expect: number, reason: string) => void;
}

/** A discard is final: the effect stays missing, and the reason stays in the history. */
export function DiscardForm({ count, isBusy, discard }: DiscardFormProps) {
  const [typed, setTyped] = useState('');
  const [reason, setReason] = useState('');
  if (count === 0) return null;
  const isReady = isCount(typed, count) && reason.trim() !== '';
  const submit = (event: Event) => {
    event.preventDefault();
    if (isReady) discard(count, reason.trim());
  };
  return (
    <details class="discard">
      <summary>Discard instead</summary>
      <form class="confirm" onSubmit={submit}>
        <label class="confirm-reason">
          Reason
          <input
            name="reason"
            maxLength={1_000}
            autoComplete="off"
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </label>
        <label>
          Type {shown(count)} to discard
          <input
            name="discard-count"
            inputMode="numeric"
            autoComplete="off"
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="button danger" disabled={isBusy || !isReady}>
          Discard {shown(count)}
        </button>
        <small class="dim">Final: the effects stay missing, and the audit knows why.</small>
      </form>
    </details>
  );
}

/** Also with the comma that the page shows. */
const isCount = (typed: string, count: number): boolean =>
  typed.replace(/[,\s]/g, '') === String(count);
