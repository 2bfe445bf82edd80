import { registerConnector } from '@effectively-once/console/connector/register-connector';
import { Command } from 'commander';
import { createIndex } from '../../stack/prepare/index-of-payments.js';
import { readEnvironment } from '../../stack/environment.js';
import { createTopics } from '../../stack/prepare/topics.js';
import { preparePostgres } from '../../stack/prepare/databases.js';

const { settings, given } = readEnvironment();
// Compose sets the host names of the servers. In native mode all servers run on this machine.
const postgresHost = given['POSTGRES_HOST'] ?? '127.0.0.1';
const kafkaBrokers = given['KAFKA_BROKERS'] ?? `127.0.0.1:${settings.KAFKA_PORT}`;
const elasticsearchUrl =
  given['ELASTICSEARCH_URL'] ?? `http://127.0.0.1:${settings.ELASTICSEARCH_PORT}`;
const connectUrl = given['CONNECT_URL'] ?? `http://127.0.0.1:${settings.CONNECT_PORT}`;

const STEPS = {
  databases: () => preparePostgres({ host: postgresHost, port: settings.POSTGRES_PORT, settings }),
  topics: () => createTopics({ brokers: kafkaBrokers.split(',') }),
  index: () => createIndex({ elasticsearchUrl }),
  connector: () =>
    registerConnector({
      connectUrl,
      postgresHost,
      postgresPort: settings.POSTGRES_PORT,
      debeziumPassword: settings.DEBEZIUM_PASSWORD,
    }),
};
type Step = keyof typeof STEPS;
const ALL = Object.keys(STEPS) as Step[];

const command = new Command('node tools/run.mjs prepare')
  .description(
    'Creates databases, topics, index and connector before the apps start. Safe to repeat.',
  )
  .argument('[steps...]', `${ALL.join(', ')}; default: all, in this order`)
  .addHelpText('after', '\nExample:\n  node tools/run.mjs prepare topics index')
  .parse();

for (const step of (command.args.length > 0 ? command.args : ALL) as Step[]) {
  if (!ALL.includes(step)) command.error(`unknown step: ${step}. Steps: ${ALL.join(', ')}`);
  const startedAt = Date.now();
  await STEPS[step]();
  console.log(`${step}: ready after ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}
