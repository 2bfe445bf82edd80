import { useMemo } from 'preact/hooks';
import { formatMoney } from '@effectively-once/contracts/money';
import type { PaymentEvidence, PaymentStep } from '../../../control-room/wire/evidence.js';
import { Effects, StatusWord } from '../../parts/effects.js';
import { Id, Time } from '../../parts/small.js';
import { NOT_RECORDED } from '../../parts/text/numbers.js';
import { durationText } from '../../parts/text/relative-time.js';
import { EventPanel, StoresPanel } from './evidence-panels.js';
import { Judgement } from './judgement.js';
import { firstTimeMs } from './progress.js';
import { StepsTable } from './steps-table.js';
import { TimeAxis } from './time-axis.js';
import { Panel } from '../../parts/panel.js';

const TRACKS = ['payments', 'psp', 'pipeline', 'email', 'loyalty', 'search'].map((id) => ({
  id,
  label: id === 'psp' ? 'PSP' : id,
}));

const NO_EVENT = 'The topic does not hold this event.';

interface EvidenceProps {
  payment: PaymentEvidence;
  ifNoEvent?: string;
}

/** What is known about one payment. It has no actions, because a bundle shows it too. */
export function Evidence({ payment, ifNoEvent = NO_EVENT }: EvidenceProps) {
  return (
    <div class="payment" data-payment={payment.id}>
      <Summary payment={payment} />
      <Panel
        id="axis"
        heading="From the click to the receipt"
        head={
          <span class="legend dim">
            <i class="is-ok" /> done <i class="is-failed" /> failed <i class="is-waiting" /> waiting{' '}
            <i class="is-band" /> failure window
          </span>
        }
      >
        <Axis payment={payment} />
        <StepsTable steps={payment.steps} windows={payment.windows} />
      </Panel>
      <Judgement judgement={payment.judgement} />
      <StoresPanel stores={payment.stores} />
      <EventPanel event={payment.event} ifNone={ifNoEvent} />
    </div>
  );
}

function Summary({ payment }: { payment: PaymentEvidence }) {
  const { createdAt, completedAt } = payment;
  const took = completedAt === null ? null : Date.parse(completedAt) - Date.parse(createdAt);
  const facts = [
    { name: 'Amount', value: formatMoney(payment.amountMinor, payment.currency) },
    { name: 'Status', value: <StatusWord status={payment.status} /> },
    { name: 'User', value: <Id value={payment.userId} max={24} label="user id" /> },
    { name: 'Order', value: <Id value={payment.orderId} max={24} label="order id" /> },
    { name: 'Created', value: <Time at={createdAt} day /> },
    { name: 'Completed after', value: took === null ? NOT_RECORDED : durationText(took) },
    {
      name: 'Charge',
      value: payment.pspReference ? (
        <Id value={payment.pspReference} max={24} label="charge id" />
      ) : (
        NOT_RECORDED
      ),
    },
    { name: 'Effects', value: <Effects effects={payment.effects} /> },
  ];
  return (
    <dl class="panel summary">
      {facts.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Steps without a time are in the table only. */
function Axis({ payment }: { payment: PaymentEvidence }) {
  const { spans, bands } = useMemo(() => {
    const startMs = firstTimeMs(payment.steps);
    const timed = payment.steps.flatMap((step) =>
      step.at === null ? [] : { ...step, at: step.at },
    );
    return {
      spans: timed.map((step) => ({
        id: step.id,
        track: step.track,
        from: Date.parse(step.at),
        until: step.until === null ? null : Date.parse(step.until),
        label: step.title,
        kind: step.outcome,
        name: nameOf(step, Date.parse(step.at) - startMs),
      })),
      bands: payment.windows.map((window) => ({
        track: window.track,
        from: Date.parse(window.from),
        until: Date.parse(window.until ?? payment.judgement.judgedAt),
        name: `Failure window: ${window.title}. ${window.meaning}`,
      })),
    };
  }, [payment]);
  return (
    <TimeAxis
      label="Time axis of the payment, from the click to the receipt"
      tracks={TRACKS}
      spans={spans}
      bands={bands}
    />
  );
}

function nameOf(step: PaymentStep, offsetMs: number): string {
  const outcome = step.outcome === 'ok' ? '' : `, ${step.outcome}`;
  const detail = step.detail === null ? '' : `. ${step.detail}`;
  return `${step.track}: ${step.title}, after ${durationText(offsetMs)}${outcome}${detail}`;
}
