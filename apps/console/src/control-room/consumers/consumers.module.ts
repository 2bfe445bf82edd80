import { AUTH_SECRET } from '@effectively-once/platform';
import { Module, type DynamicModule } from '@nestjs/common';
import type { ConsoleConfig } from '../../config.js';
import { DELIVERY_TRACES } from '../payments/delivery-traces.js';
import { AskConsumers } from './ask-consumers.js';
import { ConsumersController } from './consumers.controller.js';

/** What the consumers say of themselves: their states, and the deliveries of one payment. */
@Module({})
export class ConsumersModule {
  static register(config: ConsoleConfig): DynamicModule {
    const urls = {
      email: config.EMAIL_URL,
      loyalty: config.LOYALTY_URL,
      search: config.SEARCH_URL,
    };
    const asked = new AskConsumers({ urls, token: config.CONSUMER_STATE_TOKEN });
    return {
      module: ConsumersModule,
      controllers: [ConsumersController],
      providers: [
        { provide: AUTH_SECRET, useValue: config.AUTH_JWT_SECRET },
        { provide: AskConsumers, useValue: asked },
        { provide: DELIVERY_TRACES, useExisting: AskConsumers },
      ],
      exports: [DELIVERY_TRACES],
    };
  }
}
