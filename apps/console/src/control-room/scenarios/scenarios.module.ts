import { AUTH_SECRET, mintToken, type Caller } from '@effectively-once/platform';
import { Module, type BeforeApplicationShutdown, type DynamicModule } from '@nestjs/common';
import type { ConsoleConfig } from '../../config.js';
import { switchboardOf } from '../faults/switchboard.js';
import { Receipts } from './receipts.js';
import { ScenarioRunner } from './scenario-runner.js';
import { ScenariosController } from './scenarios.controller.js';

const TOKEN_TTL_S = 3_600;

/** Scripted stories about failures: `/api/scenarios`. Imported in demo mode only. */
@Module({})
export class ScenariosModule implements BeforeApplicationShutdown {
  constructor(private readonly runner: ScenarioRunner) {}

  static register(config: ConsoleConfig): DynamicModule {
    const switchboard = switchboardOf(config);
    const token = (caller: Caller) =>
      mintToken(config.AUTH_JWT_SECRET, caller, { ttlS: TOKEN_TTL_S });
    return {
      module: ScenariosModule,
      controllers: [ScenariosController],
      exports: [ScenarioRunner],
      providers: [
        { provide: AUTH_SECRET, useValue: config.AUTH_JWT_SECRET },
        {
          provide: ScenarioRunner,
          useFactory: () =>
            new ScenarioRunner({
              receipts: new Receipts(config.SCENARIO_RECEIPTS),
              canBreak: (target) => switchboard.canBreak(target),
              reach: {
                paymentsUrl: config.PAYMENTS_URL,
                // A story does only what a customer and an operator can do over HTTP.
                consoleUrl: `http://127.0.0.1:${config.CONSOLE_PORT}`,
                customerToken: (userId) =>
                  token({ userId, role: 'customer', email: `${userId}@example.com` }),
                operatorToken: () => token({ userId: 'scenario', role: 'operator' }),
              },
            }),
        },
      ],
    };
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.runner.stopAll();
  }
}
