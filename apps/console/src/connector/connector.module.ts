import type { Logger } from '@effectively-once/platform';
import { PeriodicTask } from '@effectively-once/timing';
import {
  Inject,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { ConsoleConfig } from '../config.js';
import { PaymentsDatabase } from '../payments-database.js';
import { ActingLock } from './acting-lock.js';
import { Caretaker, whyOf, type Report } from './caretaker.js';
import { ConnectApi } from './connect-api.js';
import { connectorMetrics } from './connector-metrics.js';
import { look } from './look.js';
import { readConnectorConfig } from './register-connector.js';
import { REMEDIES } from './remedies.js';

// Debezium takes 10 s to come back to a slot it lost: whoever moves that meanwhile is seen many times.
const EVERY_MS = 1_000;
// A Connect that hangs is one that does not answer. (When it is told to do something it may take longer.)
const LOOK_TIMEOUT_MS = 3_000;

const OPTIONS = Symbol('CONNECTOR_CARE_OPTIONS');
interface Options {
  config: ConsoleConfig;
  logger: Logger;
}

/** The caretaker at work, from the start of the console to its end. */
@Injectable()
export class ConnectorCare implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task: PeriodicTask;
  private readonly lock: ActingLock;
  private last: Report | undefined;

  constructor(@Inject(OPTIONS) { config, logger }: Options, payments: PaymentsDatabase) {
    const metrics = connectorMetrics();
    const seen = new ConnectApi(config.CONNECT_URL, LOOK_TIMEOUT_MS);
    this.lock = new ActingLock(config.CONSOLE_DATABASE_URL, logger);
    const caretaker = new Caretaker({
      look: () => look((sql, parameters) => payments.query(sql, parameters), seen),
      connect: new ConnectApi(config.CONNECT_URL),
      config: () => readConnectorConfig(sourceOf(config)),
      mayAct: () => this.lock.isOurs(),
      onRemedy: metrics.count,
      now: Date.now,
      random: Math.random,
      logger,
    });
    const run = async () => metrics.show((this.last = await caretaker.tick()));
    this.task = new PeriodicTask({ name: 'connector care', everyMs: EVERY_MS, run, logger });
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.task.stop();
    await this.lock.release();
  }

  /** As an operator is shown it. */
  report() {
    if (!this.last) throw new Error('nobody has looked yet');
    const { condition, sinceMs, remedies, sight } = this.last;
    const { remedy, why } = REMEDIES[condition];
    return { condition, since: new Date(sinceMs), remedy, why, remedies, ...whyOf(sight) };
  }
}

/** PostgreSQL as Connect reaches it, which need not be how we do. */
function sourceOf({ DEBEZIUM_DATABASE_URL }: ConsoleConfig) {
  const url = new URL(DEBEZIUM_DATABASE_URL);
  return {
    postgresHost: url.hostname,
    postgresPort: Number(url.port || 5432),
    debeziumPassword: decodeURIComponent(url.password),
  };
}

@Module({})
export class ConnectorCareModule {
  static register(config: ConsoleConfig, logger: Logger): DynamicModule {
    return {
      module: ConnectorCareModule,
      providers: [
        { provide: OPTIONS, useValue: { config, logger } },
        {
          // A pool of its own: who looks every second must not wait behind who counts the outbox.
          provide: PaymentsDatabase,
          useFactory: () => new PaymentsDatabase(config.AUDITOR_PAYMENTS_URL),
        },
        ConnectorCare,
      ],
      exports: [ConnectorCare],
    };
  }
}
