import { join } from 'node:path';
import { CONSUMERS, PAYMENT_COMPLETED } from '@effectively-once/contracts';
import { repositoryRoot } from '../../repository-root.js';
import { appEnvironment, type AppName } from '../../stack/app-environment.js';
import { appUrl } from '../../cli/clients/app-url.js';
import type { ContestantPart } from './stack/contestant-processes.js';
import type { PipelineStack } from './stack/pipeline-stack.js';
import { superuserUrl } from '../../stack/addresses.js';
import { TUTORIAL_TOPIC } from './stack/reset.js';

export const CONTESTANTS = ['raw', 'ours', 'tutorial'] as const;
export type ContestantName = (typeof CONTESTANTS)[number];

/** What one contestant consists of, and where its traces are. */
export interface ContestantDefinition {
  title: string;
  topic: string;
  groups: string[];
  /** The parts besides the servers and the simulated external systems. */
  parts: (stack: PipelineStack) => ContestantPart[];
  /** What brings the events to Kafka: a part of it, or the server Connect. */
  publisher: string;
  /** The database of each query below. */
  tables: {
    payments: { database: 'payments' | 'tutorial'; name: string };
    points: { database: 'loyalty' | 'tutorial'; entries: string; accounts: string };
  };
}

const PAYMENTS_TABLE = { database: 'payments', name: 'payments.payments' } as const;

export const contestants: Record<ContestantName, ContestantDefinition> = {
  raw: {
    title: 'raw chain',
    topic: PAYMENT_COMPLETED,
    groups: CONSUMERS.map((name) => `raw-${name}`),
    parts: (stack) => [
      program(stack, 'payments', join('checkout', 'bare-checkout.js'), []),
      ...CONSUMERS.map((name) =>
        program(stack, name, join('pipeline', 'raw', 'raw-consumer.js'), [name]),
      ),
    ],
    publisher: 'connect',
    tables: {
      payments: PAYMENTS_TABLE,
      points: { database: 'loyalty', entries: 'raw.points_entries', accounts: 'raw.accounts' },
    },
  },
  ours: {
    title: 'ours',
    topic: PAYMENT_COMPLETED,
    groups: [...CONSUMERS],
    parts: (stack) => (['payments', ...CONSUMERS] as const).map((name) => ourApp(stack, name)),
    publisher: 'connect',
    tables: {
      payments: PAYMENTS_TABLE,
      points: {
        database: 'loyalty',
        entries: 'loyalty.points_entries',
        accounts: 'loyalty.accounts',
      },
    },
  },
  tutorial: {
    title: 'what tutorials teach',
    topic: TUTORIAL_TOPIC,
    groups: CONSUMERS.map((name) => `tutorial-${name}-server`),
    parts: (stack) => [
      program(stack, 'payments', join('pipeline', 'tutorial', 'payments.js'), []),
      program(stack, 'relay', join('pipeline', 'tutorial', 'outbox-relay.js'), []),
      ...CONSUMERS.map((name) =>
        program(stack, name, join('pipeline', 'tutorial', 'consumers.js'), [name]),
      ),
    ],
    publisher: 'relay',
    tables: {
      payments: { database: 'tutorial', name: 'payment' },
      points: { database: 'tutorial', entries: 'points_entry', accounts: 'account' },
    },
  },
};

/** The simulated external systems: the same program for every contestant. */
export const externalSystems = (stack: PipelineStack, journalFolder: string): ContestantPart => ({
  ...ourApp(stack, 'third-parties'),
  env: appEnvironment('third-parties', stack.environment, { journalFolder }),
});

function ourApp({ environment }: PipelineStack, name: AppName): ContestantPart {
  const url = appUrl(environment, name.replace('-', '_').toUpperCase() as 'PAYMENTS');
  return {
    name,
    args: ['dist/main.js'],
    cwd: join(repositoryRoot, 'apps', name),
    env: appEnvironment(name, environment, { journalFolder: '' }),
    readyUrl: `${url}/health/ready`,
  };
}

function program(
  { environment, at }: PipelineStack,
  name: string,
  script: string,
  args: string[],
): ContestantPart {
  return {
    name,
    args: [join(import.meta.dirname, '..', script), ...args],
    env: {
      ...appEnvironment('payments', environment, { journalFolder: '' }),
      KAFKA_BROKERS: at.KAFKA_BROKERS,
      PAYMENTS_URL: at.PAYMENTS_URL,
      SMTP_URL: at.SMTP_URL,
      ELASTICSEARCH_URL: at.ELASTICSEARCH_URL,
      POINTS_DATABASE_URL: superuserUrl(environment, 'loyalty'),
      TUTORIAL_DATABASE_URL: superuserUrl(environment, 'tutorial'),
    },
    ...(name === 'payments' ? { readyUrl: `${at.PAYMENTS_URL}/health/ready` } : {}),
  };
}
