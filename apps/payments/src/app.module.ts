import { AUTH_SECRET, HealthModule, MetricsModule, type Logger } from '@effectively-once/platform';
import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BackgroundTasks } from './background-tasks.js';
import { CheckoutController } from './checkout.controller.js';
import { Checkout } from './checkout.js';
import type { ClockAndIds } from './clock-and-ids.js';
import { Completer } from './completer.js';
import { LOGGER, PAYMENTS_CONFIG, type PaymentsConfig } from './config.js';
import { DatabaseModule } from './database.module.js';
import { OpenApiController } from './openapi.controller.js';
import { PaymentsController } from './payments.controller.js';
import { Psp } from './psp.js';
import { RateLimit } from './rate-limit.js';
import { RecipientController } from './recipient.controller.js';
import { Settlement } from './settlement.js';
import { WebhookController } from './webhook.controller.js';

export interface PaymentsAppOptions {
  config: PaymentsConfig;
  logger: Logger;
  clockAndIds: ClockAndIds;
}

@Module({})
export class AppModule {
  static register({ config, logger, clockAndIds }: PaymentsAppOptions): DynamicModule {
    const database = DatabaseModule.register(config.PAYMENTS_DATABASE_URL);
    return {
      module: AppModule,
      imports: [
        database,
        MetricsModule,
        HealthModule.register({
          imports: [database],
          inject: [DataSource],
          useFactory: (dataSource: DataSource) => ({
            ready: { postgres: async () => void (await dataSource.query('SELECT 1')) },
          }),
        }),
      ],
      controllers: [
        CheckoutController,
        WebhookController,
        RecipientController,
        PaymentsController,
        OpenApiController,
      ],
      providers: [
        { provide: PAYMENTS_CONFIG, useValue: config },
        { provide: AUTH_SECRET, useValue: config.AUTH_JWT_SECRET },
        { provide: LOGGER, useValue: logger },
        ...serviceProviders({ config, logger, clockAndIds }),
        BackgroundTasks,
      ],
    };
  }
}

function serviceProviders({ config, logger, clockAndIds }: PaymentsAppOptions): Provider[] {
  const pspTimeoutMs = config.PSP_TIMEOUT_MS;
  const rateLimit = new RateLimit({
    perS: config.RATE_LIMIT_PER_S,
    burst: config.RATE_LIMIT_BURST,
    nowMs: () => performance.now(),
  });
  const psp = new Psp({
    url: config.PSP_URL,
    secretKey: config.PSP_SECRET_KEY,
    timeoutMs: pspTimeoutMs,
  });
  return [
    { provide: RateLimit, useValue: rateLimit },
    { provide: Psp, useValue: psp },
    {
      provide: Settlement,
      inject: [DataSource],
      useFactory: (dataSource: DataSource) => new Settlement(dataSource, clockAndIds),
    },
    {
      provide: Checkout,
      inject: [DataSource, Settlement],
      useFactory: (dataSource: DataSource, settlement: Settlement) =>
        new Checkout(dataSource, psp, settlement, clockAndIds, { pspTimeoutMs }),
    },
    {
      provide: Completer,
      inject: [DataSource, Settlement],
      useFactory: (dataSource: DataSource, settlement: Settlement) =>
        new Completer(dataSource, psp, settlement, clockAndIds, logger, { pspTimeoutMs }),
    },
  ];
}
