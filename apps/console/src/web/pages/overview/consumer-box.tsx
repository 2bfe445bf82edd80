import type { ConsumerOverview } from '../../../control-room/wire/overview.js';
import { Badge, type Tone } from '../../parts/small.js';
import { count, NOT_RECORDED, rate, seconds } from '../../parts/text/numbers.js';
import { Big, Facts, LinkBox, type Fact } from './link-box.js';

const STORES: Record<ConsumerOverview['name'], { promise: string; stores: string[] }> = {
  email: { promise: 'at least once', stores: ['Redis', 'mail provider'] },
  loyalty: { promise: 'effectively once', stores: ['PostgreSQL'] },
  search: { promise: 'idempotent', stores: ['Elasticsearch'] },
};

const TRENDS = { growing: '↗ growing', shrinking: '↘ shrinking', steady: '→ steady' } as const;

/** A record that waits longer than this is worth a second look; the alert fires later. */
const OLDEST_SECONDS_CALM = 15;

export function ConsumerBox({ consumer }: { consumer: ConsumerOverview }) {
  const { name, perSecond, isUp } = consumer;
  const { promise, stores } = STORES[name];
  return (
    <LinkBox
      name="consumer"
      why={name}
      title={name}
      href="/consumers"
      tone={toneOf(consumer)}
      state={isUp ? <span class="promise">{promise}</span> : <Badge tone="bad">down</Badge>}
    >
      <Big value={rate(perSecond)} unit="effects/s" />
      <Facts facts={factsOf(consumer)} />
      <footer class="stores">
        <span aria-hidden="true">↓</span>
        {stores.map((store) => (
          <span key={store}>{store}</span>
        ))}
      </footer>
    </LinkBox>
  );
}

function factsOf(consumer: ConsumerOverview): Fact[] {
  const { lagRecords, oldestSeconds, trend, clearsInSeconds, parkedLanes } = consumer;
  const { pausedPartitions, deadLettersPending, circuits } = consumer;
  const open = circuits.filter(({ state }) => state !== 'closed');
  const lag =
    trend && lagRecords !== '0' ? `${count(lagRecords)} ${TRENDS[trend]}` : count(lagRecords);
  return [
    { name: 'records behind', value: lag },
    {
      name: 'oldest waits',
      value: seconds(oldestSeconds),
      tone: (oldestSeconds ?? 0) > OLDEST_SECONDS_CALM ? 'late' : undefined,
    },
    { name: 'clear in', value: lagRecords === '0' ? 'clear' : seconds(clearsInSeconds) },
    {
      name: open.length > 0 ? open.map(({ dependency }) => dependency).join(', ') : 'circuits',
      value: open[0]?.state.replaceAll('_', '-') ?? (circuits.length > 0 ? 'closed' : NOT_RECORDED),
      tone: open.length > 0 ? 'bad' : circuits.length > 0 ? 'ok' : undefined,
      title: circuits.map(({ dependency, state }) => `${dependency}: ${state}`).join(', '),
    },
    warned('parked lanes', parkedLanes),
    warned('paused partitions', pausedPartitions),
    warned('dead letters', deadLettersPending),
  ];
}

const warned = (name: string, value: number | null): Fact => ({
  name,
  value: count(value),
  tone: value ? 'late' : undefined,
});

function toneOf(consumer: ConsumerOverview): Tone {
  if (!consumer.isUp || consumer.circuits.some(({ state }) => state === 'open')) return 'bad';
  const waits = (consumer.oldestSeconds ?? 0) > OLDEST_SECONDS_CALM;
  const isHeld = Boolean(consumer.parkedLanes ?? 0) || Boolean(consumer.pausedPartitions ?? 0);
  return waits || isHeld || Boolean(consumer.deadLettersPending ?? 0) ? 'late' : 'ok';
}
