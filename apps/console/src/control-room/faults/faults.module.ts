import { AUTH_SECRET } from '@effectively-once/platform';
import { Module, type DynamicModule } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { StandingAudit } from '../../audit/standing-audit.js';
import type { ConsoleConfig } from '../../config.js';
import { FaultBoard } from './fault-board.js';
import { FaultHistory } from './fault-history.js';
import { FaultBoardController } from './faults.controller.js';
import { probesOf } from './probe.js';
import { switchboardOf } from './switchboard.js';

/** Breaks things on purpose: `/api/faults`. Imported in demo mode only. */
@Module({})
export class FaultsModule {
  static register(config: ConsoleConfig, standingAudit: DynamicModule): DynamicModule {
    return {
      module: FaultsModule,
      imports: [standingAudit],
      controllers: [FaultBoardController],
      providers: [
        { provide: AUTH_SECRET, useValue: config.AUTH_JWT_SECRET },
        {
          provide: FaultBoard,
          inject: [DataSource, StandingAudit],
          useFactory: (database: DataSource, standing: StandingAudit) =>
            new FaultBoard({
              switchboard: switchboardOf(config),
              history: new FaultHistory(database, {
                audit: (since) => standing.atRest(since),
                now: Date.now,
              }),
              probes: probesOf(config),
            }),
        },
      ],
    };
  }
}
