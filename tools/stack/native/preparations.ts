import { registerConnector } from '@effectively-once/console/connector/register-connector';
import { createIndex } from '../prepare/index-of-payments.js';
import type { Environment } from '../environment.js';
import { createTopics } from '../prepare/topics.js';
import { preparePostgres } from '../prepare/databases.js';
import type { Step } from './progress/steps.js';

/** The databases, topics, index and connector that the servers need before an app starts. */
export function preparations({ settings }: Environment): Step[] {
  const host = '127.0.0.1';
  const { POSTGRES_PORT, KAFKA_PORT, ELASTICSEARCH_PORT, CONNECT_PORT } = settings;
  return [
    {
      name: 'databases',
      after: ['postgres'],
      run: () => preparePostgres({ host, port: POSTGRES_PORT, settings }),
    },
    {
      name: 'topics',
      after: ['kafka'],
      run: () => createTopics({ brokers: [`${host}:${KAFKA_PORT}`] }),
    },
    {
      name: 'index',
      after: ['elasticsearch'],
      run: () => createIndex({ elasticsearchUrl: `http://${host}:${ELASTICSEARCH_PORT}` }),
    },
    {
      name: 'connector',
      // Without its topics the connector blocks for ever, while Connect reports RUNNING.
      after: ['connect', 'databases', 'topics'],
      run: () =>
        registerConnector({
          connectUrl: `http://${host}:${CONNECT_PORT}`,
          postgresHost: host,
          postgresPort: POSTGRES_PORT,
          debeziumPassword: settings.DEBEZIUM_PASSWORD,
        }),
    },
  ];
}
