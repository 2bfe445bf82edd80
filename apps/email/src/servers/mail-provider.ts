import { RefusedForNow } from '@effectively-once/delivery';
import { z } from 'zod';
import { ask } from './ask.js';

const answer = z.object({ accepted: z.boolean() });

/** Asks the mail provider which mails it accepted. */
export class MailProvider {
  constructor(private readonly url: string) {}

  /**
   * @throws as `ask`, and when the answer is unusable: without an answer email must not send.
   */
  async hasAccepted(messageId: string): Promise<boolean> {
    const query = new URL('/v1/messages', this.url);
    query.searchParams.set('messageId', messageId);
    const response = await ask('mail-provider', query);
    if (!response.isOk) throw new RefusedForNow('mail-provider', response.status);
    return answer.parse(response.json()).accepted;
  }

  /** Asks for a Message-ID that never existed: the cheapest request to the provider. */
  async ping(): Promise<void> {
    await this.hasAccepted('<ping@effectively-once.example>');
  }
}
