import { assertDedupWindowCovers, RETENTION } from '@effectively-once/contracts';
import {
  AUTH_SECRET,
  createApp,
  failurePoints,
  HealthModule,
  MetricsModule,
  type Logger,
} from '@effectively-once/platform';
import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { PeriodicTasks } from './runtime/periodic-tasks.js';
import { CheckoutController } from './checkout/checkout.controller.js';
import { Checkout } from './checkout/checkout.js';
import type { ClockAndIds } from './runtime/clock-and-ids.js';
import { Completer } from './recovery/completer.js';
import { LOGGER, PAYMENTS_CONFIG, type PaymentsConfig } from './config.js';
import type { ReachPoint } from './runtime/failure-points.js';
import { DatabaseModule } from './runtime/database.module.js';
import { probeCheckout } from './runtime/write-probe.js';
import { allowShop } from './http/cors.js';
import { databaseDownAsProblem } from './http/payments-errors.js';
import { OpenApiController } from './http/openapi.controller.js';
import { PaymentsController } from './payment/payments.controller.js';
import { PspCircuitBreaker } from './psp/circuit-breaker.js';
import { PspOutages } from './psp/outages.js';
import { Psp } from './psp/psp.js';
import { LoadShedding, shedLoadEarly } from './checkout/load-shedding.js';
import { RateLimit } from './checkout/rate-limit.js';
import { RecipientController } from './payment/recipient.controller.js';
import { Disputes } from './recovery/disputes.js';
import { PspEvents } from './recovery/psp-events.js';
import { Refunds } from './recovery/refunds.js';
import { RefundsController } from './recovery/refunds.controller.js';
import { Finalizer } from './payment/finalizer.js';
import { WebhookController } from './recovery/webhook.controller.js';

/** The whole service, not listening yet. */
export async function paymentsApp(options: PaymentsAppOptions): Promise<NestFastifyApplication> {
  assertDedupWindowCovers(RETENTION);
  const app = await createApp({
    module: AppModule.register(options),
    logger: options.logger,
    // The PSP signs the bytes of its webhooks.
    rawBody: true,
    explain: databaseDownAsProblem,
  });
  allowShop(app, options.config.SHOP_ORIGINS);
  shedLoadEarly(app, app.get(LoadShedding), options.config.SHOP_ORIGINS);
  return app;
}

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
          useFactory: () => ({
            ready: { postgres: async () => await probeCheckout(config.PAYMENTS_DATABASE_URL) },
          }),
        }),
      ],
      controllers: [
        CheckoutController,
        WebhookController,
        RefundsController,
        RecipientController,
        PaymentsController,
        OpenApiController,
      ],
      providers: [
        { provide: PAYMENTS_CONFIG, useValue: config },
        { provide: AUTH_SECRET, useValue: config.AUTH_JWT_SECRET },
        { provide: LOGGER, useValue: logger },
        ...serviceProviders({ config, logger, clockAndIds }),
        PeriodicTasks,
      ],
    };
  }
}

function serviceProviders({ config, logger, clockAndIds }: PaymentsAppOptions): Provider[] {
  const pspTimeoutMs = config.PSP_TIMEOUT_MS;
  const reach = failurePoints('payments', config.FAILURE_POINTS);
  const { newId, nowMs } = clockAndIds;
  const { PSP_URL: url, PSP_SECRET_KEY: secretKey } = config;
  const psp = new Psp({ url, secretKey, timeoutMs: pspTimeoutMs, reach });
  const loadShedding = new LoadShedding({ nowMs, random: Math.random });
  const rateLimit = { perS: config.RATE_LIMIT_PER_S, burst: config.RATE_LIMIT_BURST };
  return [
    { provide: RateLimit, useValue: new RateLimit({ ...rateLimit, nowMs }) },
    { provide: LoadShedding, useValue: loadShedding },
    { provide: Psp, useValue: psp },
    {
      provide: PspOutages,
      inject: [DataSource],
      useFactory: (dataSource: DataSource) => new PspOutages(dataSource, { newId, nowMs }),
    },
    {
      provide: PspCircuitBreaker,
      inject: [PspOutages],
      useFactory: (outages: PspOutages) =>
        new PspCircuitBreaker({ nowMs, onOutage: (outage) => outages.add(outage) }),
    },
    {
      provide: Refunds,
      inject: [DataSource],
      useFactory: (dataSource: DataSource) =>
        new Refunds(dataSource, psp.reversals, logger, { pspTimeoutMs }),
    },
    {
      provide: Disputes,
      inject: [DataSource],
      useFactory: (dataSource: DataSource) => new Disputes(dataSource, psp.reversals, logger),
    },
    {
      provide: PspEvents,
      inject: [DataSource],
      useFactory: (dataSource: DataSource) => new PspEvents(dataSource, logger),
    },
    {
      provide: Finalizer,
      inject: [DataSource, Refunds],
      useFactory: (dataSource: DataSource, refunds: Refunds) =>
        new Finalizer(dataSource, refunds, {
          clockAndIds,
          reach,
          eventVersion: config.PAYMENT_COMPLETED_VERSION,
        }),
    },
    ...chargingProviders({ psp, clockAndIds, reach, logger, loadShedding }, { pspTimeoutMs }),
  ];
}

/** The two that charge: a checkout, and the completer after it. */
function chargingProviders(
  parts: {
    psp: Psp;
    clockAndIds: ClockAndIds;
    reach: ReachPoint;
    logger: Logger;
    loadShedding: LoadShedding;
  },
  options: { pspTimeoutMs: number },
): Provider[] {
  const inject = [DataSource, PspCircuitBreaker, Finalizer];
  return [
    {
      provide: Checkout,
      inject,
      useFactory: (
        dataSource: DataSource,
        circuitBreaker: PspCircuitBreaker,
        finalizer: Finalizer,
      ) => new Checkout({ ...parts, dataSource, circuitBreaker, finalizer }, options),
    },
    {
      provide: Completer,
      inject,
      useFactory: (
        dataSource: DataSource,
        circuitBreaker: PspCircuitBreaker,
        finalizer: Finalizer,
      ) => new Completer({ ...parts, dataSource, circuitBreaker, finalizer }, options),
    },
  ];
}
