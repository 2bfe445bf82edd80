import type { ConsumerName } from '@effectively-once/contracts';
import { AUTH_SECRET, type Logger } from '@effectively-once/platform';
import {
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type Provider,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { StandingAudit } from '../../audit/standing-audit.js';
import { StandingAuditTask } from '../../audit/standing-audit-task.js';
import type { ConsoleConfig } from '../../config.js';
import { ConnectorSupervision } from '../../connector/connector.module.js';
import { DeadLetters } from '../../dead-letters/dead-letters.js';
import { PagerJournal } from '../../pages/pager-journal.js';
import { GroupWatch } from '../../pipeline/groups/group-watch.js';
import { PaymentsDatabase } from '../../pipeline/payments-database.js';
import { switchboardOf } from '../faults/switchboard.js';
import { PaymentSummaries } from '../payments/payment-summaries.js';
import { ScenarioRunner } from '../scenarios/scenario-runner.js';
import { LiveStream } from './live-stream.js';
import { OverviewCollector } from './overview/overview-collector.js';
import { byConsumer, readFaults } from './overview/overview-sources.js';
import { PaymentsWatch } from './payments-watch.js';
import { StreamController } from './stream.controller.js';

/** The event stream of the control room: `GET /api/stream`. */
@Module({})
export class StreamModule implements BeforeApplicationShutdown {
  constructor(private readonly stream: LiveStream) {}

  /** @param watched the modules of the console whose findings the stream shows. */
  static register(config: ConsoleConfig, logger: Logger, watched: DynamicModule[]): DynamicModule {
    return {
      module: StreamModule,
      imports: watched,
      controllers: [StreamController],
      providers: [
        { provide: AUTH_SECRET, useValue: config.AUTH_JWT_SECRET },
        {
          // A pool of its own: what a page asks for must not wait for it, nor delay it.
          provide: PaymentsDatabase,
          useFactory: () => new PaymentsDatabase(config.AUDITOR_PAYMENTS_URL),
        },
        ...overviewProviders(config),
        ...streamProviders(logger),
      ],
      exports: [LiveStream],
    };
  }

  /** An open stream would keep the HTTP server from closing. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.stream.close();
  }
}

function overviewProviders(config: ConsoleConfig): Provider[] {
  return [
    {
      provide: OverviewCollector,
      inject: [PaymentsDatabase, GroupWatch, ConnectorSupervision, PagerJournal, DataSource],
      useFactory: (
        payments: PaymentsDatabase,
        groups: GroupWatch,
        supervision: ConnectorSupervision,
        pager: PagerJournal,
        database: DataSource,
      ) => {
        const deadLetters = new DeadLetters(database);
        const switchboard = switchboardOf(config);
        return new OverviewCollector({
          urls: {
            payments: config.PAYMENTS_URL,
            email: config.EMAIL_URL,
            loyalty: config.LOYALTY_URL,
            search: config.SEARCH_URL,
          },
          query: (sql, parameters) => payments.query(sql, parameters),
          groups,
          connector: () => supervision.report(),
          pages: () => pager.recentPages(),
          faults: () => readFaults(switchboard),
          deadLettersPending: async () => {
            const states = await deadLetters.states();
            return byConsumer((consumer: ConsumerName) => states[consumer].pending);
          },
          now: Date.now,
        });
      },
    },
  ];
}

function streamProviders(logger: Logger): Provider[] {
  return [
    {
      provide: PaymentsWatch,
      inject: [PaymentsDatabase, PaymentSummaries],
      useFactory: (payments: PaymentsDatabase, summaries: PaymentSummaries) =>
        new PaymentsWatch({
          query: (sql, parameters) => payments.query(sql, parameters),
          summarize: (ids) => summaries.of(ids),
        }),
    },
    {
      provide: LiveStream,
      inject: [
        StandingAudit,
        StandingAuditTask,
        OverviewCollector,
        PaymentsWatch,
        // Only in demo mode.
        { token: ScenarioRunner, optional: true },
      ],
      useFactory: (
        standing: StandingAudit,
        audit: StandingAuditTask,
        overview: OverviewCollector,
        payments: PaymentsWatch,
        scenarios?: ScenarioRunner,
      ) => {
        const stream = new LiveStream({ standing, audit, overview, payments, logger });
        scenarios?.onChange((run) => stream.feed.showRun(run));
        return stream;
      },
    },
  ];
}
