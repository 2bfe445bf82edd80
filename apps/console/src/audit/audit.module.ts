import { audit, sourcesOf } from '@effectively-once/audit';
import { AUTH_SECRET, type Logger } from '@effectively-once/platform';
import { PeriodicTask } from '@effectively-once/timing';
import {
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { ConsoleConfig } from '../config.js';
import { orStopped } from './or-stopped.js';
import { AuditController } from './audit.controller.js';
import { auditMetrics } from './audit-metrics.js';
import { StandingAudit } from './standing-audit.js';

const EVERY_MS = 60_000;
const PERIODIC_AUDIT = Symbol('PERIODIC_AUDIT');

/** Runs the audit every minute, and when an operator asks for it. */
@Module({})
export class StandingAuditModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(@Inject(PERIODIC_AUDIT) private readonly task: PeriodicTask) {}

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
              audit: (what) => audit({ sources: sourcesOf(config), ...what }),
              watch: auditMetrics(Date.now),
              now: Date.now,
            }),
        },
        {
          provide: PERIODIC_AUDIT,
          inject: [StandingAudit],
          useFactory: (standing: StandingAudit) =>
            new PeriodicTask({
              name: 'audit',
              everyMs: EVERY_MS,
              run: (signal) => orStopped(standing.standing(), signal),
              logger,
            }),
        },
      ],
    };
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.task.stop();
  }
}
