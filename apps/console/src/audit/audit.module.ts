import { audit, sourcesOf } from '@effectively-once/audit';
import { AUTH_SECRET, type Logger } from '@effectively-once/platform';
import {
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { ConsoleConfig } from '../config.js';
import { AuditController } from './audit.controller.js';
import { auditMetrics } from './audit-metrics.js';
import { StandingAudit } from './standing-audit.js';
import { StandingAuditTask } from './standing-audit-task.js';

/** Runs the audit every minute, and when an operator asks for it. */
@Module({})
export class StandingAuditModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(private readonly task: StandingAuditTask) {}

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
          provide: StandingAuditTask,
          inject: [StandingAudit],
          useFactory: (standing: StandingAudit) =>
            new StandingAuditTask(standing, { logger, now: Date.now }),
        },
      ],
      exports: [StandingAudit, StandingAuditTask],
    };
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.task.stop();
  }
}
