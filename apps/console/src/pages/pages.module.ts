import { AUTH_SECRET } from '@effectively-once/platform';
import { Module, type DynamicModule } from '@nestjs/common';
import type { ConsoleConfig } from '../config.js';
import { PagerJournal } from './pager-journal.js';
import { PagesController } from './pages.controller.js';

/** Shows the operator the latest pages of the pager. */
@Module({})
export class PagesModule {
  static register(config: ConsoleConfig): DynamicModule {
    return {
      module: PagesModule,
      controllers: [PagesController],
      providers: [
        { provide: AUTH_SECRET, useValue: config.AUTH_JWT_SECRET },
        { provide: PagerJournal, useFactory: () => new PagerJournal(config.THIRD_PARTIES_URL) },
      ],
      exports: [PagerJournal],
    };
  }
}
