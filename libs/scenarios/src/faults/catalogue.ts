import type { ExternalTarget, FaultDefinition, FaultLink } from './fault-definition.js';
import type { PredictionName } from './predictions.js';

const PROCESS = {
  kill: { name: 'kill -9', does: 'dies at once, and is started again', lasts: false },
  kill_at: { name: 'kill -9 at a point', does: 'dies when it next reaches it', lasts: false },
  freeze: { name: 'Freeze', does: 'stands still (SIGSTOP), and wakes up again', lasts: true },
  stop: { name: 'Stop', does: 'is away, and is started again', lasts: true },
} as const;

const process = (
  target: string,
  kind: keyof typeof PROCESS,
  prediction: PredictionName,
  points?: readonly string[],
): FaultDefinition => ({
  target,
  kind,
  prediction,
  ...PROCESS[kind],
  ...(points ? { points } : {}),
});

const external = (
  target: ExternalTarget,
  kind: string,
  name: string,
  does: string,
  prediction: PredictionName,
): FaultDefinition => ({ target, kind, name, does, prediction, lasts: true });

const DELIVERY = ['after_decode', 'before_effect', 'before_commit'];

const consumer = (target: string): FaultDefinition[] => [
  process(target, 'kill', 'consumerKilled'),
  process(target, 'freeze', 'zombie'),
  process(target, 'kill_at', 'consumerKilled', DELIVERY),
];

/** In the order of a payment's way. */
export const FAULT_LINKS: readonly FaultLink[] = [
  {
    id: 'payments',
    name: 'Payments',
    between: 'browser → payments',
    faults: [
      process('payments', 'kill', 'paymentsKilled'),
      process('payments', 'freeze', 'paymentsFrozen'),
      process('payments', 'kill_at', 'paymentsKilled', [
        'after_claim',
        'during_psp_call',
        'after_psp_answer',
        'after_settle',
      ]),
    ],
  },
  {
    id: 'psp',
    name: 'PSP',
    between: 'payments → PSP',
    faults: [
      external('psp', 'decline', 'Decline', 'declines every card', 'pspDeclines'),
      external('psp', 'hang', 'Hang', 'does nothing and never answers', 'pspSilent'),
      external(
        'psp',
        'charge_then_hang',
        'Charge and hang',
        'charges, and its answer never comes',
        'pspSilent',
      ),
      external('psp', 'refuse', 'Refuse connections', 'closes its port', 'pspAway'),
      external('psp', 'error_500', 'Answer 500', 'fails every request', 'pspAway'),
      external('psp', 'late_webhook', 'Late webhook', 'tells late what it did', 'webhook'),
      external('psp', 'double_webhook', 'Double webhook', 'tells twice what it did', 'webhook'),
    ],
  },
  {
    id: 'postgres',
    name: 'PostgreSQL',
    between: 'payments, loyalty, console → PostgreSQL',
    faults: [process('postgres', 'kill', 'postgres'), process('postgres', 'stop', 'postgres')],
  },
  {
    id: 'connect',
    name: 'Debezium',
    between: 'outbox → Debezium → Kafka',
    faults: [process('connect', 'kill', 'connect'), process('connect', 'stop', 'connect')],
  },
  {
    id: 'replication-slot',
    name: 'Replication slot',
    between: 'outbox → slot → Debezium',
    states: ['is read', 'the connector is stopped'],
    faults: [
      {
        target: 'replication-slot',
        kind: 'advance',
        name: 'Advance by hand',
        does: 'is moved past unread events when five payments have come in; its end is the repair',
        prediction: 'slotMoved',
        lasts: true,
        isMistake: true,
      },
    ],
  },
  {
    id: 'kafka',
    name: 'Kafka',
    between: 'Debezium → Kafka → consumers',
    faults: [process('kafka', 'kill', 'broker'), process('kafka', 'stop', 'broker')],
  },
  {
    id: 'email',
    name: 'Email',
    between: 'Kafka → email',
    faults: [
      ...consumer('email'),
      {
        ...process('email', 'kill_at', 'inTheWindow', ['after_effect_before_mark']),
        name: 'kill -9 in its one window',
        does: 'dies between a mail and its deduplication marker',
      },
    ],
  },
  {
    id: 'redis',
    name: 'Redis',
    between: 'email → Redis',
    faults: [process('redis', 'kill', 'storeRefuses'), process('redis', 'stop', 'storeRefuses')],
  },
  {
    id: 'smtp',
    name: 'Mail provider',
    between: 'email → mail provider',
    faults: [
      external('smtp', '451', '451 to all mail', 'defers every mail', 'mailDeferred'),
      {
        ...external('smtp', '550', '550 for one address', 'refuses it', 'addressRefused'),
        needsAddress: true,
      },
      external('smtp', 'refuse', 'Refuse connections', 'closes its port', 'storeHangs'),
      external(
        'smtp',
        'hang_after_data',
        'Accept and hang',
        'accepts a mail, and its answer never comes',
        'mailAnswerLost',
      ),
    ],
  },
  { id: 'loyalty', name: 'Loyalty', between: 'Kafka → loyalty', faults: consumer('loyalty') },
  {
    id: 'loyalty-database',
    name: 'Loyalty’s database',
    between: 'loyalty → PostgreSQL',
    faults: [
      {
        target: 'loyalty-database',
        kind: 'refuse',
        name: 'Refuse connections',
        does: 'a proxy before it closes its port',
        prediction: 'storeRefuses',
        lasts: true,
      },
      {
        target: 'loyalty-database',
        kind: 'hang',
        name: 'Hang',
        does: 'connections stay open, and no byte passes',
        prediction: 'storeHangs',
        lasts: true,
      },
    ],
  },
  { id: 'search', name: 'Search', between: 'Kafka → search', faults: consumer('search') },
  {
    id: 'elasticsearch',
    name: 'Elasticsearch',
    between: 'search → Elasticsearch',
    faults: [
      process('elasticsearch', 'kill', 'storeRefuses'),
      process('elasticsearch', 'stop', 'storeRefuses'),
    ],
  },
  {
    id: 'search-index',
    name: 'Search index',
    between: 'search → the index in Elasticsearch',
    states: ['is there', 'is missing'],
    faults: [
      {
        target: 'search-index',
        kind: 'delete',
        name: 'Delete it',
        does: 'is deleted with all its documents; its end is the reindex',
        prediction: 'searchIndexLost',
        lasts: true,
        isMistake: true,
      },
    ],
  },
];

export const FAULT_DEFINITIONS: readonly FaultDefinition[] = FAULT_LINKS.flatMap(
  ({ faults }) => faults,
);

/** The definition of what a request asks for. @returns undefined if it cannot be broken so. */
export const definitionOf = (asked: {
  target: string;
  kind: string;
  point?: string | undefined;
}): FaultDefinition | undefined =>
  FAULT_DEFINITIONS.find(
    ({ target, kind, points }) =>
      target === asked.target &&
      kind === asked.kind &&
      (points ? points.some((point) => point === asked.point) : asked.point === undefined),
  );
