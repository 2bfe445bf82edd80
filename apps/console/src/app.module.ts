import {
  AUTH_SECRET,
  HealthModule,
  MetricsModule,
  SettingsWatch,
  type Logger,
} from '@effectively-once/platform';
import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { ConsoleConfig } from './config.js';
import { ConnectorSupervision, ConnectorModule } from './connector/connector.module.js';
import { consoleDataSource } from './runtime/database.js';
import { DemoController } from './control-room/demo/demo.controller.js';
import { isDemo } from './control-room/demo/demo-mode.js';
import { DeadLettersModule } from './dead-letters/dead-letters.module.js';
import { GroupsModule } from './pipeline/groups/groups.module.js';
import { GroupWatch } from './pipeline/groups/group-watch.js';
import { PagesModule } from './pages/pages.module.js';
import { MoneyBackController } from './pipeline/money-back.controller.js';
import { PaymentsDatabase, type Query } from './pipeline/payments-database.js';
import { PipelineController } from './pipeline/pipeline.controller.js';
import { PIPELINE, pipeline } from './pipeline/pipeline.js';
import { measureRetainedWal } from './pipeline/retained-wal.js';
import { Retention } from './runtime/retention.js';
import { ConsoleOpenApiController } from './control-room/openapi/openapi.controller.js';
import { LabsModule } from './control-room/labs/labs.module.js';
import { ConsumersModule } from './control-room/consumers/consumers.module.js';
import { FaultsModule } from './control-room/faults/faults.module.js';
import { PaymentEvidenceModule } from './control-room/payments/payments.module.js';
import { ScenariosModule } from './control-room/scenarios/scenarios.module.js';
import { StreamModule } from './control-room/stream/stream.module.js';
import { SettingsModule } from './pipeline/settings/settings.module.js';
import { StandingAuditModule } from './audit/audit.module.js';

const CONTROLLERS = [PipelineController, MoneyBackController, ConsoleOpenApiController];

@Module({})
class AppModule {}

/** Wires the modules of the console. */
export function appModule(config: ConsoleConfig, logger: Logger): DynamicModule {
  const watched = watchedModules(config, logger);
  return {
    module: AppModule,
    imports: [
      TypeOrmModule.forRootAsync({
        useFactory: () => consoleDataSource({ url: config.CONSOLE_DATABASE_URL }).options,
      }),
      MetricsModule,
      ...watched,
      SettingsModule.register(config, logger),
      LabsModule.register(config),
      StreamModule.register(config, logger, watched),
      HealthModule.register({
        inject: [DataSource],
        useFactory: (database: DataSource) => ({
          // Only what the console needs to work. Operators need it most while other servers are
          // down.
          ready: { 'console-database': async () => void (await database.query('select 1')) },
        }),
      }),
    ],
    controllers: [...CONTROLLERS, ...(isDemo(config) ? [DemoController] : [])],
    providers: [
      { provide: AUTH_SECRET, useValue: config.AUTH_JWT_SECRET },
      {
        provide: Retention,
        inject: [DataSource],
        useFactory: (database: DataSource) => new Retention(database, logger),
      },
      {
        provide: PaymentsDatabase,
        useFactory: () => new PaymentsDatabase(config.AUDITOR_PAYMENTS_URL),
      },
      {
        provide: PIPELINE,
        inject: [PaymentsDatabase, ConnectorSupervision, SettingsWatch, GroupWatch],
        useFactory: (
          payments: PaymentsDatabase,
          supervision: ConnectorSupervision,
          settings: SettingsWatch,
          groups: GroupWatch,
        ) => {
          const query: Query = (sql, parameters) => payments.query(sql, parameters);
          measureRetainedWal(query);
          return pipeline({
            query,
            connectUrl: config.CONNECT_URL,
            supervision: () => supervision.report(),
            settings: () => settings.report(),
            groups: () => groups.report(),
            brokers: config.KAFKA_BROKERS,
          });
        },
      },
    ],
  };
}

/** The control room shows what these find. */
function watchedModules(config: ConsoleConfig, logger: Logger): DynamicModule[] {
  const audit = StandingAuditModule.register(config, logger);
  const consumers = ConsumersModule.register(config);
  const payments = PaymentEvidenceModule.register(config, audit, consumers);
  return [
    audit,
    payments,
    DeadLettersModule.register(config, logger, payments),
    ...(isDemo(config)
      ? [FaultsModule.register(config, audit), ScenariosModule.register(config)]
      : []),
    consumers,
    PagesModule.register(config),
    ConnectorModule.register(config, logger),
    GroupsModule.register(config, logger),
  ];
}
