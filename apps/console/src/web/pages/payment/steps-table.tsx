import type { FailureWindow, PaymentStep } from '../../../control-room/wire/evidence.js';
import { Badge, Time } from '../../parts/small.js';
import { NOT_RECORDED } from '../../parts/text/numbers.js';
import { durationText } from '../../parts/text/relative-time.js';
import { firstTimeMs, inOrder } from './progress.js';

/** The time axis in words: the same steps, in order, with where each time was read. */
export function StepsTable({ steps, windows }: { steps: PaymentStep[]; windows: FailureWindow[] }) {
  const startMs = firstTimeMs(steps);
  return (
    <>
      <table class="rows steps">
        <caption class="hidden">Steps of the payment</caption>
        <thead>
          <tr>
            <th scope="col" class="right">
              Offset
            </th>
            <th scope="col">Time</th>
            <th scope="col">Where</th>
            <th scope="col">Step</th>
            <th scope="col">Outcome</th>
            <th scope="col">Source</th>
          </tr>
        </thead>
        <tbody>
          {inOrder(steps).map((step) => (
            <StepRow key={step.id} step={step} startMs={startMs} />
          ))}
        </tbody>
      </table>
      <Windows windows={windows} startMs={startMs} />
    </>
  );
}

function StepRow({ step, startMs }: { step: PaymentStep; startMs: number }) {
  const { at, until, track, title, outcome, source, detail } = step;
  // A step without a time is not on the axis, so its row is the place to find it.
  const name = at === null ? { 'data-step': step.id } : {};
  const lasted = at && until ? ` for ${durationText(Date.parse(until) - Date.parse(at))}` : '';
  return (
    <tr {...name}>
      <td class="right num tight">
        {at === null ? NOT_RECORDED : `+${durationText(Date.parse(at) - startMs)}`}
      </td>
      <td>
        <Time at={at} />
      </td>
      <td class="dim tight">{track === 'psp' ? 'PSP' : track}</td>
      <td class="step-title">
        {title}
        {lasted ? <span class="dim num">{lasted}</span> : null}
        {detail ? <small>{detail}</small> : null}
      </td>
      <td class={outcome === 'ok' && at !== null ? 'is-plain' : ''}>
        <OutcomeWord outcome={outcome} isRecorded={at !== null} />
      </td>
      <td class="dim mono step-source">{source}</td>
    </tr>
  );
}

function OutcomeWord({
  outcome,
  isRecorded,
}: {
  outcome: PaymentStep['outcome'];
  isRecorded: boolean;
}) {
  if (!isRecorded) return <span class="dim">{outcome === 'ok' ? 'no time' : outcome}</span>;
  if (outcome === 'ok') return <Badge tone="ok">done</Badge>;
  return <Badge tone={outcome === 'failed' ? 'bad' : 'calm'}>{outcome}</Badge>;
}

function Windows({ windows, startMs }: { windows: FailureWindow[]; startMs: number }) {
  if (windows.length === 0) return null;
  return (
    <div class="windows">
      <h3>Failure windows</h3>
      <ul>
        {windows.map((window) => (
          <li key={`${window.track} ${window.title} ${window.from}`}>
            <i class="is-band" aria-hidden="true" />
            <span>
              <b>{window.title}</b>{' '}
              <span class="dim num">
                +{durationText(Date.parse(window.from) - startMs)}
                {window.until
                  ? ` for ${durationText(Date.parse(window.until) - Date.parse(window.from))}`
                  : ', still open'}
              </span>
              <small>{window.meaning}</small>
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
