import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConnectApi } from '@effectively-once/console/connector/connect-api';
import {
  readConnectorConfig,
  retryUntilReady,
  untilRunning,
} from '@effectively-once/console/connector/register-connector';
import { freePort } from '@effectively-once/testing';
import { MeasuredProcess } from '../../../bench/processes/measured-process.js';
import { writeFromTemplate } from '../../../stack/native/servers/template.js';
import type { LabContext } from '../../lab.js';
import type { KafkaJava } from '../kafka-java.js';

const HEAP_MB = 512;

const running = new Set<MeasuredProcess>();
// A worker does not notice that its parent is gone. It would join the group of a later run.
process.once('exit', () => running.forEach(({ child }) => child.kill('SIGKILL')));

/** A Connect worker of its own, with the configuration of the stack and some changed settings. */
export class ConnectWorker {
  private process: MeasuredProcess | undefined;

  private constructor(
    private readonly context: LabContext,
    private readonly java: KafkaJava,
    private readonly name: string,
    private readonly at: { file: string; api: ConnectApi },
  ) {}

  static async prepare(
    context: LabContext,
    java: KafkaJava,
    { name, settings }: { name: string; settings: Record<string, string> },
  ): Promise<ConnectWorker> {
    const port = await freePort();
    const file = join(context.folder, `${name}.properties`);
    const [, kafkaPort = ''] = context.brokers[0]?.split(':') ?? [];
    writeFromTemplate('connect/connect-distributed.properties', file, {
      KAFKA_PORT: kafkaPort,
      CONNECT_PORT: port,
      PLUGINS: java.plugins,
    });
    // The last value of a name counts.
    const changed = {
      'group.id': name,
      'config.storage.topic': `${name}-configs`,
      'offset.storage.topic': `${name}-offsets`,
      'status.storage.topic': `${name}-status`,
      ...settings,
    };
    for (const [key, value] of Object.entries(changed)) appendFileSync(file, `${key}=${value}\n`);
    return new ConnectWorker(context, java, name, {
      file,
      api: new ConnectApi(`http://127.0.0.1:${port}`),
    });
  }

  start(): void {
    const { folder, signal } = this.context;
    const started = new MeasuredProcess(
      [
        ...this.java.arguments(HEAP_MB),
        'org.apache.kafka.connect.cli.ConnectDistributed',
        this.at.file,
      ],
      {
        command: this.java.command,
        env: process.env,
        logFile: join(folder, `${this.name}.log`),
        signal,
      },
    );
    this.process = started;
    running.add(started);
    void started.ended.then(() => running.delete(started));
  }

  /** Configures the outbox connector of the system with some changed settings, until it runs. */
  async configure(settings: Record<string, string>): Promise<void> {
    const source = { postgresHost: '', postgresPort: 0, debeziumPassword: '' };
    const config = { ...(await readConnectorConfig(source)), ...settings };
    delete config['heartbeat.action.query'];
    await retryUntilReady(() => this.at.api.configure(config));
    await this.untilItRuns();
  }

  async untilItRuns(): Promise<void> {
    await untilRunning(this.at.api);
  }

  async kill(): Promise<void> {
    this.process?.child.kill('SIGKILL');
    await this.process?.ended;
  }
}
