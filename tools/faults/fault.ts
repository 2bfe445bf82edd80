import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import { DELIVERY_POINTS, type DeliveryPoint } from '@effectively-once/delivery';
import { CHECKOUT_POINTS, type CheckoutPoint } from '@effectively-once/payments/failure-points';
import { PROXY_FAULTS, type ProxyFault } from '@effectively-once/testing';
import { DEPENDENCIES, type Dependency } from '../test-runner/proxies/proxies.js';

/** One fault that a round can inject. */
export type InjectedFault =
  | { kind: 'kill -9'; process: string }
  /** SIGSTOP for longer than its Kafka session and its leases, then SIGCONT. */
  | { kind: 'freeze'; process: string }
  /** One consumer loses one server: the proxy between them refuses, hangs or swallows. */
  | { kind: ProxyFault; dependency: Dependency }
  | { kind: 'kill -9 at'; consumer: ConsumerName; point: DeliveryPoint }
  | { kind: 'kill -9 in checkout'; point: CheckoutPoint }
  /** A zombie member: frozen while a second member takes over its partitions, then resumed. */
  | { kind: 'zombie'; consumer: ConsumerName }
  /** A second member joins the group, then leaves it or is killed. */
  | { kind: 'rebalance'; consumer: ConsumerName; end: 'leave' | 'kill' }
  /**
   * A mistake of the operator between outbox and topic. `slot moved` needs the operator to repair.
   */
  | { kind: 'connector deleted' | 'slot dropped' | 'slot moved' }
  /** Every process lives and every server answers, but a setting or a session is wrong. */
  | { kind: 'redis evicts' | 'idle transaction' }
  /** A member joins the group and only sends heartbeats. */
  | { kind: 'idle member'; consumer: ConsumerName };

const APPS = ['payments', 'email', 'loyalty', 'search', 'third-parties'] as const;
const SERVERS = ['postgres', 'kafka', 'connect', 'redis', 'elasticsearch'] as const;

export const FAULTS: readonly InjectedFault[] = [
  ...[...APPS, ...SERVERS].map((process) => ({ kind: 'kill -9', process }) as const),
  ...APPS.map((process) => ({ kind: 'freeze', process }) as const),
  ...DEPENDENCIES.flatMap((dependency) => PROXY_FAULTS.map((kind) => ({ kind, dependency }))),
  ...CHECKOUT_POINTS.map((point) => ({ kind: 'kill -9 in checkout', point }) as const),
  ...CONSUMERS.flatMap((consumer) => [
    ...pointsOf(consumer).map((point) => ({ kind: 'kill -9 at', consumer, point }) as const),
    { kind: 'zombie', consumer } as const,
    ...(['leave', 'kill'] as const).map((end) => ({ kind: 'rebalance', consumer, end }) as const),
    { kind: 'idle member', consumer } as const,
  ]),
  ...(['redis evicts', 'idle transaction'] as const).map((kind) => ({ kind })),
  ...(['connector deleted', 'slot dropped', 'slot moved'] as const).map((kind) => ({ kind })),
];

/**
 * Only email sets its deduplication marker after the effect. The other consumers write both in one
 * step, so they have no point between the two.
 */
function pointsOf(consumer: ConsumerName): DeliveryPoint[] {
  return DELIVERY_POINTS.filter(
    (point) => consumer === 'email' || point !== 'after_effect_before_mark',
  );
}

/** `kill -9 at email before_effect`: the name that `--only` searches and a round prints. */
export function titleOf(fault: InjectedFault): string {
  switch (fault.kind) {
    case 'kill -9':
    case 'freeze':
      return `${fault.kind} ${fault.process}`;
    case 'refuse':
    case 'hang':
    case 'swallow':
      return `${fault.kind} ${fault.dependency}`;
    case 'kill -9 at':
      return `${fault.kind} ${fault.consumer} ${fault.point}`;
    case 'kill -9 in checkout':
      return `${fault.kind} ${fault.point}`;
    case 'zombie':
    case 'idle member':
      return `${fault.kind} ${fault.consumer}`;
    case 'rebalance':
      return `${fault.kind} ${fault.consumer} ${fault.end}`;
    case 'connector deleted':
    case 'slot dropped':
    case 'slot moved':
    case 'redis evicts':
    case 'idle transaction':
      return fault.kind;
    default:
      return fault satisfies never;
  }
}
