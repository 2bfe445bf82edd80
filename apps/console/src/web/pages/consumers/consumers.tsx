import type { CircuitReport, ConsumerReport } from '@effectively-once/contracts';
import type { ConsumerStates } from '../../../control-room/wire/overview.js';
import { clock } from '../../live/render.js';
import { PageTitle } from '../../parts/page-title.js';
import { Badge, ProblemBox, Skeleton, type Tone } from '../../parts/small.js';
import { count } from '../../parts/text/numbers.js';
import { ageText } from '../../parts/text/relative-time.js';
import { useApi } from '../../parts/use-data.js';
import { Why } from '../../parts/why-disclosure.js';
import { Partitions } from './partitions.js';
import { inSeconds, waitingTotals } from './what-waits.js';

const AGAIN_MS = 2_000;

/** What the consumers say about themselves: which key waits, for what, and since when. */
export function ConsumersPage() {
  const states = useApi<ConsumerStates>('/api/consumers', AGAIN_MS);
  return (
    <>
      <PageTitle title="Consumers">
        <p>
          Each partition has one lane per user. A lane that waits blocks the later records of its
          user, and of no other user.
        </p>
      </PageTitle>
      {states.problem ? <ProblemBox problem={states.problem} retry={states.again} /> : null}
      {states.data ? (
        <div class="consumer-list">
          {states.data.items.map(({ name, report }) => (
            <section key={name} class="panel" aria-label={name} data-consumer={name}>
              <header class="panel-head">
                <h2>{name}</h2>
                {report ? (
                  <Why name={name} about={name} />
                ) : (
                  <Badge tone="bad">does not answer</Badge>
                )}
              </header>
              {report ? <Report report={report} /> : null}
            </section>
          ))}
        </div>
      ) : states.problem ? null : (
        <div class="panel" aria-busy="true">
          <Skeleton rows={14} />
        </div>
      )}
    </>
  );
}

function Report({ report }: { report: ConsumerReport }) {
  const { partitions, inFlight, parked, waiting, paused } = waitingTotals(report);
  const numbers = [
    // Of this process: a consumer may run in several, and one of them answers.
    { name: 'partitions of this process', value: partitions },
    { name: 'in flight', value: inFlight },
    { name: 'parked lanes', value: parked, isWarned: parked > 0 },
    { name: 'records behind them', value: waiting, isWarned: waiting > 0 },
    { name: 'paused partitions', value: paused, isWarned: paused > 0 },
  ];
  return (
    <>
      <dl class="consumer-numbers">
        {numbers.map(({ name, value, isWarned }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class={isWarned ? 'num tone-late' : 'num'}>{count(value)}</dd>
          </div>
        ))}
      </dl>
      <ul class="circuits" aria-label="Circuits">
        {report.circuits.map((circuit) => (
          <Circuit key={circuit.dependency} circuit={circuit} />
        ))}
      </ul>
      <Partitions partitions={report.partitions} />
    </>
  );
}

const TONES: Record<CircuitReport['state'], Tone> = {
  closed: 'ok',
  half_open: 'late',
  open: 'bad',
};

function Circuit({ circuit: { dependency, state, since, nextProbeAt } }: CircuitProps) {
  return (
    <li data-circuit={dependency} data-state={state}>
      <span>{dependency}</span>
      <Badge tone={TONES[state]}>{state.replaceAll('_', '-')}</Badge>
      {state === 'closed' ? null : (
        <small class="num">
          {since ? `since ${ageText(clock.value - Date.parse(since))}` : ''}
          {nextProbeAt ? `, next probe ${inSeconds(nextProbeAt, clock.value)}` : ''}
        </small>
      )}
    </li>
  );
}

interface CircuitProps {
  circuit: CircuitReport;
}
