import { AUTH_SECRET, HealthModule, MetricsModule, type Logger } from '@effectively-once/platform';
import { Module, type DynamicModule } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BackgroundTasks } from './background-tasks.js';
import { CheckoutController } from './checkout.controller.js';
import { Checkout } from './checkout.js';
import { CLOCK_AND_IDS, type ClockAndIds } from './clock-and-ids.js';
import { Completer } from './completer.js';
import { LOGGER, PAYMENTS_CONFIG, type PaymentsConfig } from './config.js';
import { DatabaseModule } from './database.module.js';
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
    const pspTimeoutMs = config.PSP_TIMEOUT_MS;
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
      controllers: [CheckoutController, WebhookController, RecipientController, PaymentsController],
      providers: [
        { provide: PAYMENTS_CONFIG, useValue: config },
        { provide: AUTH_SECRET, useValue: config.AUTH_JWT_SECRET },
        { provide: LOGGER, useValue: logger },
        { provide: CLOCK_AND_IDS, useValue: clockAndIds },
        {
          provide: RateLimit,
          useValue: new RateLimit({
            perS: config.RATE_LIMIT_PER_S,
            burst: config.RATE_LIMIT_BURST,
            nowMs: () => performance.now(),
          }),
        },
        {
          provide: Psp,
          useValue: new Psp({
            url: config.PSP_URL,
            secretKey: config.PSP_SECRET_KEY,
            timeoutMs: pspTimeoutMs,
          }),
        },
        {
          provide: Settlement,
          inject: [DataSource],
          useFactory: (dataSource: DataSource) => new Settlement(dataSource, clockAndIds),
        },
        {
          provide: Checkout,
          inject: [DataSource, Psp, Settlement],
          useFactory: (dataSource: DataSource, psp: Psp, settlement: Settlement) =>
            new Checkout(dataSource, psp, settlement, clockAndIds, { pspTimeoutMs }),
        },
        {
          provide: Completer,
          inject: [DataSource, Psp, Settlement],
          useFactory: (dataSource: DataSource, psp: Psp, settlement: Settlement) =>
            new Completer(dataSource, psp, settlement, clockAndIds, logger, { pspTimeoutMs }),
        },
        BackgroundTasks,
      ],
    };
  }
}
