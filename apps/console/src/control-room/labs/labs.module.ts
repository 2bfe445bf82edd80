import { fileURLToPath } from 'node:url';
import { AUTH_SECRET } from '@effectively-once/platform';
import { Module, type DynamicModule } from '@nestjs/common';
import type { ConsoleConfig } from '../../config.js';
import { LabsController } from './labs.controller.js';
import { LabReports } from './labs.js';

/** From apps/console/dist/control-room/labs. docker-compose.yml mounts it at the same place. */
const DOCUMENTS = fileURLToPath(new URL('../../../../../docs/', import.meta.url));

/** What the labs found: their receipts, and what the documents say of them. */
@Module({})
export class LabsModule {
  static register(config: ConsoleConfig): DynamicModule {
    const reports = new LabReports({ receipts: config.LABS_FOLDER, documents: DOCUMENTS });
    return {
      module: LabsModule,
      controllers: [LabsController],
      providers: [
        { provide: AUTH_SECRET, useValue: config.AUTH_JWT_SECRET },
        { provide: LabReports, useValue: reports },
      ],
    };
  }
}
