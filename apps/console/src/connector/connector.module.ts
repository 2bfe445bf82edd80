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
import { PaymentsDatabase } from '../pipeline/payments-database.js';
import { SupervisorLock } from './supervisor-lock.js';
import { ConnectorSupervisor, whyOf, type ConnectorReport } from './connector-supervisor.js';
import { ConnectApi } from './connect-api.js';
import { connectorMetrics } from './connector-metrics.js';
import { observe } from './observe.js';
import { readConnectorConfig } from './register-connector.js';
import { REMEDIES } from './remedies.js';

// Debezium returns to a lost slot after 10 s. One observation per second sees a move meanwhile.
const EVERY_MS = 1_000;
// After this time, a Connect that hangs counts as unreachable. (A command may take longer.)
const OBSERVE_TIMEOUT_MS = 3_000;

const OPTIONS = Symbol('CONNECTOR_SUPERVISION_OPTIONS');
interface Options {
  config: ConsoleConfig;
  logger: Logger;
}

/** Runs the supervisor from the start of the console to its end. */
@Injectable()
export class ConnectorSupervision implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task: PeriodicTask;
  private readonly lock: SupervisorLock;
  private last: ConnectorReport | undefined;

  constructor(@Inject(OPTIONS) { config, logger }: Options, payments: PaymentsDatabase) {
    const metrics = connectorMetrics();
    const seen = new ConnectApi(config.CONNECT_URL, OBSERVE_TIMEOUT_MS);
    this.lock = new SupervisorLock(config.CONSOLE_DATABASE_URL, logger);
    const supervisor = new ConnectorSupervisor({
      observe: () => observe((sql, parameters) => payments.query(sql, parameters), seen),
      connect: new ConnectApi(config.CONNECT_URL),
      config: () => readConnectorConfig(sourceOf(config)),
      mayAct: () => this.lock.tryAcquire(),
      onRemedy: metrics.count,
      now: Date.now,
      random: Math.random,
      logger,
    });
    const run = async () => metrics.show((this.last = await supervisor.tick()));
    this.task = new PeriodicTask({ name: 'connector supervision', everyMs: EVERY_MS, run, logger });
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.task.stop();
    await this.lock.release();
  }

  /** The report for the operator API. */
  report() {
    if (!this.last) throw new Error('the connector was not observed yet');
    const { condition, sinceMs, remedies, observation: observation } = this.last;
    const { remedy, why } = REMEDIES[condition];
    return { condition, since: new Date(sinceMs), remedy, why, remedies, ...whyOf(observation) };
  }
}

/** The address of PostgreSQL for Connect. It may differ from the address for the console. */
export function sourceOf({ DEBEZIUM_DATABASE_URL }: ConsoleConfig) {
  const url = new URL(DEBEZIUM_DATABASE_URL);
  return {
    postgresHost: url.hostname,
    postgresPort: Number(url.port || 5432),
    debeziumPassword: decodeURIComponent(url.password),
  };
}

@Module({})
export class ConnectorModule {
  static register(config: ConsoleConfig, logger: Logger): DynamicModule {
    return {
      module: ConnectorModule,
      providers: [
        { provide: OPTIONS, useValue: { config, logger } },
        {
          // A separate pool: the observation every second must not wait for a count of the outbox.
          provide: PaymentsDatabase,
          useFactory: () => new PaymentsDatabase(config.AUDITOR_PAYMENTS_URL),
        },
        ConnectorSupervision,
      ],
      exports: [ConnectorSupervision],
    };
  }
}
