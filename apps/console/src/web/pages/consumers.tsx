import { useEffect } from 'preact/hooks';
import type { ConsumerReport, PartitionState } from '@effectively-once/contracts';
import type { ConsumerStates } from '../../control-room/wire/overview.js';
import { api } from '../live/api.js';
import { clock } from '../live/render.js';
import { PageTitle } from '../parts/page-title.js';
import { Badge, Empty, Id, ProblemBox, Skeleton } from '../parts/small.js';
import { middleEllipsis } from '../parts/text/middle-ellipsis.js';
import { count, NOT_RECORDED } from '../parts/text/numbers.js';
import { ageText } from '../parts/text/relative-time.js';
import { useData } from '../parts/use-data.js';

const AGAIN_MS = 2_000;

/** What the consumers say about themselves: which key waits, for what, and since when. */
export function ConsumersPage() {
  const states = useData('/api/consumers', (signal) =>
    api<ConsumerStates>('/api/consumers', { signal }),
  );
  useEffect(() => {
    const timer = setInterval(() => document.hidden || states.again(), AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <>
      <PageTitle title="Consumers">
        <p>Each partition has one lane per user. A lane that waits blocks no other lane.</p>
      </PageTitle>
      {states.problem ? <ProblemBox problem={states.problem} retry={states.again} /> : null}
      {states.data ? (
        <div class="consumer-list">
          {states.data.items.map(({ name, report }) => (
            <section key={name} class="panel" aria-label={name}>
              <header class="panel-head">
                <h2>{name}</h2>
                {report ? <Circuits report={report} /> : <Badge tone="bad">does not answer</Badge>}
              </header>
              {report ? <Partitions partitions={report.partitions} /> : null}
            </section>
          ))}
        </div>
      ) : states.problem ? null : (
        <div class="panel">
          <Skeleton rows={14} />
        </div>
      )}
    </>
  );
}

function Circuits({ report }: { report: ConsumerReport }) {
  return (
    <span class="circuits">
      {report.circuits.map(({ dependency, state, nextProbeAt }) => (
        <Badge key={dependency} tone={state === 'closed' ? 'ok' : 'bad'}>
          {dependency} {state.replaceAll('_', '-')}
          {state !== 'closed' && nextProbeAt ? `, probed in ${until(nextProbeAt)}` : ''}
        </Badge>
      ))}
    </span>
  );
}

const until = (at: string) => ageText(Date.parse(at) - clock.value);

/** How far commits are behind completed records. Both are exact, however large. */
function uncommitted({ watermark, committed }: PartitionState): string {
  if (watermark === null || committed === null) return NOT_RECORDED;
  return count(String(BigInt(watermark) - BigInt(committed)));
}

function Partitions({ partitions }: { partitions: PartitionState[] }) {
  if (partitions.length === 0) return <Empty title="No partition is assigned to this process." />;
  return (
    <>
      <div class="scroll-x" tabIndex={0} role="group" aria-label="Partitions">
        <table class="rows small-rows">
          <thead>
            <tr>
              <th scope="col">Partition</th>
              <th scope="col" class="right">
                Watermark
              </th>
              <th scope="col" class="right">
                Not committed
              </th>
              <th scope="col" class="right">
                In flight
              </th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {partitions.map((each) => (
              <PartitionRow key={`${each.topic}/${each.partition}`} state={each} />
            ))}
          </tbody>
        </table>
      </div>
      <Lanes partitions={partitions} />
    </>
  );
}

function PartitionRow({ state }: { state: PartitionState }) {
  const { topic, partition, watermark, inFlight, isPaused } = state;
  return (
    <tr>
      <td class="mono">
        {topic.endsWith('.redrive') ? 'redrive' : 'main'}/{partition}
      </td>
      <td class="right num">{count(watermark)}</td>
      <td class="right num">{uncommitted(state)}</td>
      <td class="right num">{count(inFlight)}</td>
      <td>{isPaused ? <Badge tone="late">paused</Badge> : <span class="dim">reads</span>}</td>
    </tr>
  );
}

const LANES_SHOWN = 50;

function Lanes({ partitions }: { partitions: PartitionState[] }) {
  const lanes = partitions
    .flatMap(({ topic, partition, lanes: all }) =>
      all.map((lane) => ({ ...lane, partition, topic })),
    )
    .sort((one, other) => Number(other.isParked) - Number(one.isParked));
  return (
    <ul class="lines">
      {lanes.slice(0, LANES_SHOWN).map((lane) => (
        <li key={`${lane.topic}/${lane.partition}/${lane.key}`}>
          <Badge tone={lane.isParked ? 'late' : 'calm'}>
            {lane.isParked ? 'parked' : 'working'}
          </Badge>
          <span class="line-text">
            <span>
              <b title={lane.key}>{middleEllipsis(lane.key, 32)}</b>, partition {lane.partition},
              offset <span class="num">{lane.offset}</span>
              {lane.waitingRecords > 0 ? `, ${lane.waitingRecords} more wait behind it` : ''}
            </span>
            <small class="dim num">
              attempt {lane.attempts} of {lane.attemptsMax}
              {lane.error ? ` · ${lane.error}` : ''}
              {lane.nextAttemptAt ? ` · next in ${until(lane.nextAttemptAt)}` : ''}
            </small>
            {lane.paymentId ? (
              <Id value={lane.paymentId} href={`/payments/${lane.paymentId}`} label="payment id" />
            ) : null}
          </span>
        </li>
      ))}
    </ul>
  );
}
