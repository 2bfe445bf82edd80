import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import { DELIVERY_POINTS, type DeliveryPoint } from '@effectively-once/delivery';
import { CHECKOUT_POINTS, type CheckoutPoint } from '@effectively-once/payments/failure-points';
import { CUTS, type Cut } from '@effectively-once/testing';
import { DEPENDENCIES, type Dependency } from '../test-runner/proxies/proxies.js';

/** One thing that goes wrong. */
export type Fault =
  | { kind: 'kill -9'; process: string }
  /** Longer than its session, and than its leases. */
  | { kind: 'freeze'; process: string }
  /** One consumer loses one server. */
  | { kind: Cut; dependency: Dependency }
  | { kind: 'kill -9 at'; consumer: ConsumerName; point: DeliveryPoint }
  | { kind: 'kill -9 in checkout'; point: CheckoutPoint }
  /** Frozen while a second member takes over what it had, and woken up. */
  | { kind: 'zombie'; consumer: ConsumerName }
  /** A second member comes and goes. */
  | { kind: 'rebalance'; consumer: ConsumerName; end: 'leave' | 'kill' }
  /** An operator's mistake on the way from the outbox to the topic. The last one needs a person again. */
  | { kind: 'connector deleted' | 'slot dropped' | 'slot moved' };

const APPS = ['payments', 'email', 'loyalty', 'search', 'third-parties'] as const;
const SERVERS = ['postgres', 'kafka', 'connect', 'redis', 'elasticsearch'] as const;

export const FAULTS: readonly Fault[] = [
  ...[...APPS, ...SERVERS].map((process) => ({ kind: 'kill -9', process }) as const),
  ...APPS.map((process) => ({ kind: 'freeze', process }) as const),
  ...DEPENDENCIES.flatMap((dependency) => CUTS.map((kind) => ({ kind, dependency }))),
  ...CHECKOUT_POINTS.map((point) => ({ kind: 'kill -9 in checkout', point }) as const),
  ...CONSUMERS.flatMap((consumer) => [
    ...pointsOf(consumer).map((point) => ({ kind: 'kill -9 at', consumer, point }) as const),
    { kind: 'zombie', consumer } as const,
    ...(['leave', 'kill'] as const).map((end) => ({ kind: 'rebalance', consumer, end }) as const),
  ]),
  ...(['connector deleted', 'slot dropped', 'slot moved'] as const).map((kind) => ({ kind })),
];

/** Only email's mark comes after its effect; the others have no room between the two. */
function pointsOf(consumer: ConsumerName): DeliveryPoint[] {
  return DELIVERY_POINTS.filter(
    (point) => consumer === 'email' || point !== 'after_effect_before_mark',
  );
}

/** `kill -9 at email before_effect`, as `--only` looks for it and a round prints it. */
export function titleOf(fault: Fault): string {
  switch (fault.kind) {
    case 'kill -9':
    case 'freeze':
      return `${fault.kind} ${fault.process}`;
    case 'refuse':
    case 'hang':
      return `${fault.kind} ${fault.dependency}`;
    case 'kill -9 at':
      return `${fault.kind} ${fault.consumer} ${fault.point}`;
    case 'kill -9 in checkout':
      return `${fault.kind} ${fault.point}`;
    case 'zombie':
      return `${fault.kind} ${fault.consumer}`;
    case 'rebalance':
      return `${fault.kind} ${fault.consumer} ${fault.end}`;
    case 'connector deleted':
    case 'slot dropped':
    case 'slot moved':
      return fault.kind;
    default:
      return fault satisfies never;
  }
}
