import { assertDedupWindowCovers, RETENTION } from '@effectively-once/contracts';
import { createApp } from '@effectively-once/platform';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule, type PaymentsAppOptions } from './app.module.js';
import { databaseDownAsProblem } from './http/payments-errors.js';

/** The whole service, not yet listening. */
export async function paymentsApp(options: PaymentsAppOptions): Promise<NestFastifyApplication> {
  assertDedupWindowCovers(RETENTION);
  return await createApp({
    module: AppModule.register(options),
    logger: options.logger,
    // The PSP signs the bytes of its webhooks.
    rawBody: true,
    explain: databaseDownAsProblem,
  });
}
