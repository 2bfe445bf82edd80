import { connectionsTo, sourcesOf, type Connections } from '@effectively-once/audit';
import { AUTH_SECRET } from '@effectively-once/platform';
import { Inject, Module, type BeforeApplicationShutdown, type DynamicModule } from '@nestjs/common';
import { StandingAudit } from '../../audit/standing-audit.js';
import type { ConsoleConfig } from '../../config.js';
import { DELIVERY_TRACES, type DeliveryTraces } from './delivery-traces.js';
import { readPaymentEvidence } from './evidence/payment-evidence.js';
import { PaymentSummaries } from './payment-summaries.js';
import {
  PaymentEvidenceController,
  READ_EVIDENCE,
  type ReadEvidence,
} from './payments.controller.js';

/** Connections to every store, for what an operator asks. */
export const CONNECTIONS = Symbol('CONNECTIONS');

/** Payments and their evidence in every store: `GET /api/payments`. It only reads. */
@Module({})
export class PaymentEvidenceModule implements BeforeApplicationShutdown {
  constructor(@Inject(CONNECTIONS) private readonly connections: Connections) {}

  /**
   * @param standingAudit the module that runs the audit: its findings are shown.
   * @param consumers the module that knows the deliveries of a payment.
   */
  static register(
    config: ConsoleConfig,
    standingAudit: DynamicModule,
    consumers: DynamicModule,
  ): DynamicModule {
    return {
      module: PaymentEvidenceModule,
      imports: [standingAudit, consumers],
      controllers: [PaymentEvidenceController],
      providers: [
        { provide: AUTH_SECRET, useValue: config.AUTH_JWT_SECRET },
        { provide: CONNECTIONS, useFactory: () => connectionsTo(sourcesOf(config)) },
        {
          provide: PaymentSummaries,
          inject: [CONNECTIONS, StandingAudit],
          useFactory: (connections: Connections, standing: StandingAudit) =>
            new PaymentSummaries({
              connections,
              payments: queryOf(connections.payments),
              console: queryOf(connections.console),
              audit: () => standing.last,
              now: Date.now,
            }),
        },
        {
          provide: READ_EVIDENCE,
          inject: [CONNECTIONS, DELIVERY_TRACES],
          useFactory: (connections: Connections, traces: DeliveryTraces): ReadEvidence => {
            const options = { connections, traces, now: Date.now };
            return (id) => readPaymentEvidence(options, id);
          },
        },
      ],
      exports: [PaymentSummaries, CONNECTIONS],
    };
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.connections.close();
  }
}

const queryOf = (pool: Connections['payments']) => async (sql: string, parameters?: unknown[]) =>
  (await pool.query<Record<string, unknown>>(sql, parameters)).rows;
