import { Circuit, type ConsumerCircuits } from '@effectively-once/delivery';
import { Inject, Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { ASK_TIMEOUT_MS } from '../config.js';
import { MailProvider } from './mail-provider.js';
import { Recipients } from './recipients.js';
import { probeRedis } from './redis-probe.js';
import { SMTP, type Smtp } from './smtp.js';

/**
 * The four servers that a receipt needs. Each circuit breaker tells a server that is down from a
 * bad receipt.
 */
@Injectable()
export class EmailCircuits implements ConsumerCircuits {
  readonly redis: Circuit;
  readonly payments: Circuit;
  readonly mailProvider: Circuit;
  readonly smtp: Circuit;
  readonly all: readonly Circuit[];
  readonly ready: ConsumerCircuits['ready'];

  constructor(
    @Inject(Redis) redis: Pick<Redis, 'duplicate'>,
    @Inject(Recipients) recipients: Pick<Recipients, 'ping'>,
    @Inject(MailProvider) provider: Pick<MailProvider, 'ping'>,
    @Inject(SMTP) smtp: Pick<Smtp, 'verify'>,
  ) {
    const tryRedis = async () => await probeRedis(redis);
    const verifySmtp = async () => void (await smtp.verify());
    this.redis = new Circuit({ dependency: 'redis', probe: tryRedis });
    this.payments = new Circuit({
      dependency: 'payments',
      probe: () => recipients.ping(AbortSignal.timeout(ASK_TIMEOUT_MS)),
    });
    this.mailProvider = new Circuit({
      dependency: 'mail-provider',
      probe: () => provider.ping(),
    });
    this.smtp = new Circuit({ dependency: 'smtp', probe: verifySmtp });
    this.all = [this.redis, this.payments, this.mailProvider, this.smtp];
    // Email asks the mail provider only about old events, so it is ready without its answer.
    this.ready = {
      redis: tryRedis,
      smtp: verifySmtp,
      payments: (signal) => recipients.ping(signal),
    };
  }
}
