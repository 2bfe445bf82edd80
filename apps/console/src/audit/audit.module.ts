import { audit, type Sources } from '@effectively-once/audit';
import { AUTH_SECRET, type Logger } from '@effectively-once/platform';
import {
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { ConsoleConfig } from '../config.js';
import { Repeat } from '../periodic-task.js';
import { orStopped } from './or-stopped.js';
import { AuditController } from './audit.controller.js';
import { auditMetrics } from './audit-metrics.js';
import { StandingAudit } from './standing-audit.js';

const EVERY_MS = 60_000;
const REPEAT = Symbol('REPEAT');

/** The audit every minute, and for whoever asks. */
@Module({})
export class StandingAuditModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(@Inject(REPEAT) private readonly repeat: Repeat) {}

  static register(config: ConsoleConfig, logger: Logger): DynamicModule {
    return {
      module: StandingAuditModule,
      controllers: [AuditController],
      providers: [
        { provide: AUTH_SECRET, useValue: config.AUTH_JWT_SECRET },
        {
          provide: StandingAudit,
          useFactory: () =>
            new StandingAudit({
              audit: (what) => audit({ sources: sources(config), ...what }),
              watch: auditMetrics(Date.now),
              now: Date.now,
            }),
        },
        {
          provide: REPEAT,
          inject: [StandingAudit],
          useFactory: (standing: StandingAudit) =>
            new Repeat({
              task: 'audit',
              everyMs: EVERY_MS,
              run: (signal) => orStopped(standing.standing(), signal),
              logger,
            }),
        },
      ],
    };
  }

  onApplicationBootstrap(): void {
    this.repeat.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.repeat.stop();
  }
}

const sources = (config: ConsoleConfig): Sources => ({
  paymentsUrl: config.AUDITOR_PAYMENTS_URL,
  loyaltyUrl: config.AUDITOR_LOYALTY_URL,
  consoleUrl: config.AUDITOR_CONSOLE_URL,
  kafkaBrokers: config.KAFKA_BROKERS,
  redisUrl: config.REDIS_URL,
  elasticsearchUrl: config.ELASTICSEARCH_URL,
  thirdPartiesUrl: config.THIRD_PARTIES_URL,
  consumerUrls: {
    email: config.EMAIL_URL,
    loyalty: config.LOYALTY_URL,
    search: config.SEARCH_URL,
  },
});
