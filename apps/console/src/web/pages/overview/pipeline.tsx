import type { Overview } from '../../../control-room/wire/overview.js';
import { clock } from '../../live/render.js';
import { rateHistory } from '../../live/live.js';
import { Badge, type Tone } from '../../parts/small.js';
import { Sparkline } from '../../parts/sparkline.js';
import { bytes, count, NOT_RECORDED, rate, seconds } from '../../parts/text/numbers.js';
import { ageText } from '../../parts/text/relative-time.js';
import { ConsumerBox } from './consumer-box.js';
import { Big, Facts, LinkBox } from './link-box.js';

/** From the click to the three effects. The order of the boxes is the way of a payment. */
export function Pipeline({ overview }: { overview: Overview }) {
  return (
    <section class="pipeline" aria-label="The pipeline">
      <PaymentsBox payments={overview.payments} />
      <Arrow />
      <OutboxBox outbox={overview.outbox} />
      <Arrow />
      <SlotBox slot={overview.slot} />
      <Arrow />
      <ConnectorBox connector={overview.connector} />
      <Down times={1} />
      <TopicBox topic={overview.topic} />
      <Down times={3} />
      <div class="consumers">
        {overview.consumers.map((consumer) => (
          <ConsumerBox key={consumer.name} consumer={consumer} />
        ))}
      </div>
    </section>
  );
}

const Arrow = () => (
  <svg class="arrow" viewBox="0 0 24 12" aria-hidden="true">
    <path d="M0 6h20M15.5 1.5 20 6l-4.5 4.5" />
  </svg>
);

const Down = ({ times }: { times: number }) => (
  <div class={`down down-${times}`} aria-hidden="true">
    {Array.from({ length: times }, (_, index) => (
      <svg key={index} viewBox="0 0 12 20">
        <path d="M6 0v16M1.5 11.5 6 16l4.5-4.5" />
      </svg>
    ))}
  </div>
);

const OUTCOMES_SHOWN = 3;

function PaymentsBox({ payments }: { payments: Overview['payments'] }) {
  const { perSecond, isUp, unsettled, pspCircuit } = payments;
  const total = perSecond && Object.values(perSecond).reduce((sum, each) => sum + each, 0);
  const outcomes = Object.entries(perSecond ?? {})
    .filter(([, value]) => value > 0)
    .sort(([, one], [, other]) => other - one)
    .slice(0, OUTCOMES_SHOWN);
  return (
    <LinkBox
      name="payments"
      why="payments"
      title="Payments"
      href="/payments"
      tone={isUp ? 'ok' : 'bad'}
      state={isUp ? null : <Badge tone="bad">down</Badge>}
    >
      <div class="big-row">
        <Big value={rate(isUp ? total : null)} unit="requests/s" />
        <Sparkline values={rateHistory.value} slots={120} label="requests per second, lately" />
      </div>
      <p class="outcomes">
        {outcomes.length === 0
          ? 'no requests now'
          : outcomes.map(([outcome, value]) => (
              <span key={outcome}>
                {outcome.replaceAll('_', ' ')} <b class="num">{rate(value)}</b>
              </span>
            ))}
      </p>
      <Facts
        facts={[
          { name: 'PSP circuit', value: <Circuit state={pspCircuit} /> },
          { name: 'unsettled', value: count(unsettled), tone: unsettled ? 'late' : undefined },
        ]}
      />
    </LinkBox>
  );
}

export function Circuit({ state }: { state: string | null }) {
  if (state === null) return <>{NOT_RECORDED}</>;
  const tone: Tone = state === 'closed' ? 'ok' : state === 'open' ? 'bad' : 'late';
  return (
    <span class={`tone-${tone}`} title={state === 'closed' ? 'closed: calls pass' : undefined}>
      {state.replaceAll('_', '-')}
    </span>
  );
}

function OutboxBox({ outbox }: { outbox: Overview['outbox'] }) {
  const age =
    outbox.latestAt === null
      ? NOT_RECORDED
      : `${ageText(clock.value - Date.parse(outbox.latestAt))} ago`;
  return (
    <LinkBox name="outbox" why="outbox" title="Outbox">
      <Big value={count(outbox.rows)} unit="rows" />
      <p class="outcomes">one row in the transaction that completes a payment</p>
      <Facts facts={[{ name: 'latest', value: age }]} />
    </LinkBox>
  );
}

/** An idle connector confirms every 10 s. Only a colour: the alert looks at the bytes. */
const SLOT_SECONDS_CALM = 20;

function SlotBox({ slot }: { slot: Overview['slot'] }) {
  const isLate = (slot.lagSeconds ?? 0) > SLOT_SECONDS_CALM;
  const isWell = slot.status === null || slot.status === 'reserved';
  return (
    <LinkBox
      name="slot"
      why="slot"
      title="Replication slot"
      tone={!isWell ? 'bad' : isLate ? 'late' : 'ok'}
    >
      <Big value={seconds(slot.lagSeconds)} unit="behind" />
      <Facts
        facts={[
          { name: 'lag', value: bytes(slot.lagBytes) },
          { name: 'log kept', value: bytes(slot.retainedBytes) },
          { name: 'status', value: slot.status ?? NOT_RECORDED, tone: isWell ? undefined : 'bad' },
        ]}
      />
    </LinkBox>
  );
}

function ConnectorBox({ connector }: { connector: Overview['connector'] }) {
  const { state, detail } = connector;
  const tone: Tone = state === 'RUNNING' || state === 'healthy' ? 'ok' : state ? 'bad' : 'late';
  return (
    <LinkBox name="connector" why="connector" title="Connector" tone={tone}>
      <p class="big">
        <b class={`word tone-${tone}`}>{state?.toLowerCase().replaceAll('_', ' ') ?? 'unknown'}</b>
      </p>
      <p class="outcomes" title={detail ?? undefined}>
        {detail ?? 'Debezium reads the log and publishes each outbox row'}
      </p>
    </LinkBox>
  );
}

function TopicBox({ topic }: { topic: Overview['topic'] }) {
  return (
    <LinkBox name="topic" why="topic" title="Topic payment.completed">
      <div class="topic-row">
        <Big value={rate(topic.perSecond)} unit="records/s" />
        <ol class="partitions">
          {(topic.partitions ?? []).map(({ partition, end }) => (
            <li key={partition} title={`partition ${partition} ends at offset ${end}`}>
              <span>p{partition}</span>
              <b class="num">{count(end)}</b>
            </li>
          ))}
        </ol>
      </div>
    </LinkBox>
  );
}
