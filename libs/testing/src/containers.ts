import { GenericContainer, Wait, type StartedTestContainer } from 'testcontainers';
import { freePort } from './free-port.js';

/** Image names, pinned in `.env` for compose too. */
export interface Images {
  POSTGRES_IMAGE: string;
  KAFKA_IMAGE: string;
  REDIS_IMAGE: string;
  ELASTICSEARCH_IMAGE: string;
}

export interface StartedServers {
  postgresPort: number;
  kafkaPort: number;
  redisPort: number;
  elasticsearchPort: number;
  stop: () => Promise<void>;
}

/**
 * Starts the servers of the integration tests as containers, from the same images as compose. All
 * or none: if one does not start, the others are stopped before this throws.
 */
export async function startContainers(
  images: Images,
  options: { postgresPassword: string },
): Promise<StartedServers> {
  // Testcontainers' reaper (Ryuk) is one more image to pull, and needs privileges. `stop` replaces
  // it.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true';
  const starting = [
    startPostgres(images, options.postgresPassword),
    startKafka(images),
    startRedis(images),
    startElasticsearch(images),
  ] as const;
  const settled = await Promise.allSettled(starting);
  const started = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const stop = async () => {
    await Promise.all(started.map((container) => container.stop({ timeout: 2 })));
  };
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const [postgres, kafka, redis, elasticsearch] = started;
  return {
    postgresPort: portOf(postgres, 5432),
    kafkaPort: portOf(kafka, 9092),
    redisPort: portOf(redis, 6379),
    elasticsearchPort: portOf(elasticsearch, 9200),
    stop,
  };
}

function portOf(container: StartedTestContainer | undefined, port: number): number {
  if (!container) throw new Error('a container that was started is missing');
  return container.getMappedPort(port);
}

async function startPostgres(images: Images, password: string): Promise<StartedTestContainer> {
  return await new GenericContainer(images.POSTGRES_IMAGE)
    .withEnvironment({ POSTGRES_PASSWORD: password })
    .withCommand(['postgres', '-c', 'wal_level=logical', '-c', 'fsync=off'])
    .withExposedPorts(5432)
    // The image starts the server twice: first for its own setup, then for clients.
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
    .start();
}

async function startRedis(images: Images): Promise<StartedTestContainer> {
  return await new GenericContainer(images.REDIS_IMAGE)
    .withCommand(['redis-server', '--maxmemory', '128mb', '--maxmemory-policy', 'noeviction'])
    .withExposedPorts(6379)
    .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
    .start();
}

async function startElasticsearch(images: Images): Promise<StartedTestContainer> {
  return await new GenericContainer(images.ELASTICSEARCH_IMAGE)
    .withEnvironment({
      'discovery.type': 'single-node',
      'xpack.security.enabled': 'false',
      ES_JAVA_OPTS: '-Xms512m -Xmx512m',
    })
    .withExposedPorts(9200)
    .withStartupTimeout(180_000)
    .withWaitStrategy(Wait.forHttp('/_cluster/health?wait_for_status=yellow', 9200))
    .start();
}

// A broker advertises its address to clients, so we choose its port on this machine before it
// starts.
async function startKafka(images: Images): Promise<StartedTestContainer> {
  const port = await freePort();
  return await new GenericContainer(images.KAFKA_IMAGE)
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9095',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9095',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '4',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_HEAP_OPTS: '-Xms256m -Xmx384m',
    })
    // The image's user writes this folder at every start, from the variables above.
    .withTmpFs({ '/opt/kafka/config': 'uid=1000' })
    .withExposedPorts({ container: 9092, host: port })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .start();
}
