import { OperatorGuard } from '@effectively-once/platform';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { PagerJournal } from './pager-journal.js';
import type { Page } from '../control-room/wire/pages.js';

@Controller('api/pages')
@UseGuards(OperatorGuard)
export class PagesController {
  constructor(private readonly pager: PagerJournal) {}

  /** The latest pages, newest first. An open page has no `resolvedAt`. */
  @Get()
  async recent(): Promise<{ items: Page[] }> {
    return { items: await this.pager.recentPages() };
  }
}
