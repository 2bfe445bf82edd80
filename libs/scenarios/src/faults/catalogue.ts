import type { PredictionName } from './predictions.js';

/** How the supervisor breaks a process or a connection. External systems have their own kinds. */
export const SUPERVISED_KINDS = ['kill', 'kill_at', 'freeze', 'stop', 'refuse', 'hang'] as const;

/** The targets whose faults the simulated external systems switch on and off themselves. */
export const EXTERNAL_TARGETS = ['psp', 'smtp', 'pager'] as const;
export type ExternalTarget = (typeof EXTERNAL_TARGETS)[number];

export const isExternal = (target: string): target is ExternalTarget =>
  EXTERNAL_TARGETS.some((one) => one === target);

/** One thing that can be broken. `target` and `kind` are what `POST /api/faults` takes. */
export interface FaultDefinition {
  target: string;
  kind: string;
  /** What the button says. */
  name: string;
  /** What happens to the target, for a visitor who does not know it. */
  does: string;
  prediction: PredictionName;
  /** false: over as soon as it has happened, such as kill -9. The supervisor restarts it. */
  lasts: boolean;
  /** It needs a mail address. */
  needsAddress?: true;
  /** Where the process kills itself, for `kill_at`. */
  points?: readonly string[];
}

/** One card of the page: a link of the pipeline. */
export interface FaultLink {
  id: string;
  name: string;
  /** The link as the picture draws it. */
  between: string;
  faults: readonly FaultDefinition[];
}

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
