import { Controller, Get, Inject, Query } from '@nestjs/common';
import { parseRequest } from '@effectively-once/platform';
import { z } from 'zod';
import { Journals } from '../journal/journals.js';
import { withBrackets } from './mail-entry.js';

const messagesQuery = z.strictObject({ messageId: z.string().min(1).transform(withBrackets) });

/**
 * The mail provider's API. If a client got no 250, it learns only here if the mail was accepted.
 */
@Controller('v1/messages')
export class MessagesController {
  constructor(@Inject(Journals) private readonly journals: Journals) {}

  @Get()
  find(@Query() query: unknown) {
    const { messageId } = parseRequest(messagesQuery, query);
    const mails = this.journals.mails.entries.filter((mail) => mail.messageId === messageId);
    return {
      messageId,
      accepted: mails.length > 0,
      acceptedAt: mails[0]?.at ?? null,
      timesAccepted: mails.length,
    };
  }
}
