import { Circuit } from '@effectively-once/delivery';
import type { Redis } from 'ioredis';
import { ASK_TIMEOUT_MS } from './config.js';
import type { MailProvider } from './mail-provider.js';
import type { Recipients } from './recipients.js';
import type { Smtp } from './smtp.js';

/** One circuit for each server a receipt needs: whose trouble is it, the server's or the receipt's? */
export class EmailCircuits {
  readonly redis: Circuit;
  readonly payments: Circuit;
  readonly mailProvider: Circuit;
  readonly smtp: Circuit;

  constructor(servers: {
    redis: Pick<Redis, 'ping'>;
    recipients: Pick<Recipients, 'ping'>;
    provider: Pick<MailProvider, 'ping'>;
    smtp: Pick<Smtp, 'verify'>;
  }) {
    const { redis, recipients, provider, smtp } = servers;
    this.redis = new Circuit({
      dependency: 'redis',
      probe: async () => void (await redis.ping()),
    });
    this.payments = new Circuit({
      dependency: 'payments',
      probe: () => recipients.ping(AbortSignal.timeout(ASK_TIMEOUT_MS)),
    });
    this.mailProvider = new Circuit({
      dependency: 'mail-provider',
      probe: () => provider.ping(),
    });
    this.smtp = new Circuit({
      dependency: 'smtp',
      probe: async () => void (await smtp.verify()),
    });
  }

  get all(): Circuit[] {
    return [this.redis, this.payments, this.mailProvider, this.smtp];
  }
}
