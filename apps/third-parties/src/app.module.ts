import { randomUUID } from 'node:crypto';
import { HealthModule, MetricsModule, type Logger } from '@effectively-once/platform';
import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Config } from './config.js';
import { FaultsController } from './faults.controller.js';
import { FaultSwitches } from './faults.js';
import { JournalsController } from './journal/journals.controller.js';
import { Journals } from './journal/journals.js';
import { Listener } from './listener.js';
import { Listeners } from './listeners.js';
import { MessagesController } from './mail/messages.controller.js';
import { createSmtpServer } from './mail/smtp-server.js';
import { PagerController } from './pager/pager.controller.js';
import { Ledger } from './psp/ledger.js';
import { createPsp } from './psp/psp-api.js';
import { RefundProgress } from './psp/reversals/refund-progress.js';
import { Webhooks } from './psp/webhooks.js';

export type ThirdPartiesConfig = Pick<
  Config,
  | 'PSP_PORT'
  | 'SMTP_PORT'
  | 'JOURNAL_DIR'
  | 'PSP_SECRET_KEY'
  | 'PSP_WEBHOOK_SECRET'
  | 'PAYMENTS_WEBHOOK_URL'
> &
  Partial<Pick<Config, 'LISTEN_HOST'>>;

/**
 * Three simulated external systems in one process. The PSP and the mail provider have own ports.
 */
@Module({})
export class AppModule implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(Listeners) private readonly listeners: Listeners,
    @Inject(FaultSwitches) private readonly faults: FaultSwitches,
    @Inject(Webhooks) private readonly webhooks: Webhooks,
    @Inject(RefundProgress) private readonly refundProgress: RefundProgress,
    @Inject(Journals) private readonly journals: Journals,
    @Inject(HttpAdapterHost) private readonly http: HttpAdapterHost<FastifyAdapter>,
  ) {}

  static register(config: ThirdPartiesConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      global: true,
      imports: [
        MetricsModule,
        HealthModule.register({
          inject: [Journals],
          useFactory: (journals: Journals) => {
            const check = { journals: async () => journals.assertWritable() };
            // Liveness checks the journals too: a failed journal works again only after a restart.
            // The ports are not checked: a closed port can be a fault that a test has injected.
            return { live: check, ready: check };
          },
        }),
      ],
      controllers: [FaultsController, JournalsController, MessagesController, PagerController],
      providers: [
        FaultSwitches,
        { provide: Journals, useFactory: () => Journals.open(config.JOURNAL_DIR) },
        ...externalSystems(config, logger),
      ],
      exports: [Journals],
    };
  }

  /**
   * Many clients send a JSON content type with every request. Without this hook, Fastify refuses
   * their DELETE, which has no body.
   */
  onModuleInit(): void {
    this.http.httpAdapter.getInstance().addHook('onRequest', (request, _reply, done) => {
      const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
      if (length === '0' && encoding === undefined) delete request.headers['content-type'];
      done();
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.listeners.apply(this.faults);
  }

  /** Closes the ports first, so that no request is accepted after its journal is closed. */
  async onApplicationShutdown(): Promise<void> {
    await this.listeners.close();
    this.refundProgress.close();
    this.webhooks.close();
    await this.journals.close();
  }
}

function externalSystems(config: ThirdPartiesConfig, logger: Logger): Provider[] {
  const now = () => new Date();
  // Node makes many UUIDs from one read of the system's randomness; bytes need a read each.
  const newId = (prefix: string) => `${prefix}_${randomUUID().replaceAll('-', '')}`;
  return [
    {
      provide: Webhooks,
      inject: [FaultSwitches],
      useFactory: (faults: FaultSwitches) =>
        new Webhooks({
          url: config.PAYMENTS_WEBHOOK_URL,
          secret: config.PSP_WEBHOOK_SECRET,
          faults,
          logger,
          now,
          newId,
        }),
    },
    {
      provide: Ledger,
      inject: [Journals],
      useFactory: ({ charges }: Journals) => new Ledger({ journal: charges, now, newId }),
    },
    {
      provide: RefundProgress,
      inject: [Ledger, Webhooks, FaultSwitches],
      useFactory: (ledger: Ledger, webhooks: Webhooks, faults: FaultSwitches) =>
        new RefundProgress({ ledger, webhooks, faults, logger, now }),
    },
    {
      provide: Listeners,
      inject: [Journals, FaultSwitches, Webhooks, Ledger, RefundProgress],
      useFactory: async (
        journals: Journals,
        faults: FaultSwitches,
        webhooks: Webhooks,
        ledger: Ledger,
        refundProgress: RefundProgress,
      ) => {
        const secretKey = config.PSP_SECRET_KEY;
        const psp = await createPsp({
          secretKey,
          ledger,
          webhooks,
          refundProgress,
          faults,
          logger,
          now,
          newId,
        });
        const smtp = () => createSmtpServer({ journal: journals.mails, faults, logger, now });
        const host = config.LISTEN_HOST;
        return new Listeners(
          new Listener({ port: config.PSP_PORT, host, createServer: psp.createServer }),
          new Listener({ port: config.SMTP_PORT, host, createServer: smtp }),
        );
      },
    },
  ];
}
