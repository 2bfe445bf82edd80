import { RefusedForNow } from '@effectively-once/delivery';
import { z } from 'zod';
import { ask } from './ask.js';

const answer = z.object({ accepted: z.boolean() });

/** The mail provider's own memory of what it accepted. */
export class MailProvider {
  constructor(private readonly url: string) {}

  /** @throws as `ask`, and when the answer is none: not knowing is no permission to send. */
  async hasAccepted(messageId: string): Promise<boolean> {
    const query = new URL('/v1/messages', this.url);
    query.searchParams.set('messageId', messageId);
    const response = await ask('mail-provider', query);
    if (!response.ok) throw new RefusedForNow('mail-provider', response.status);
    return answer.parse(await response.json()).accepted;
  }

  /** Asks for a mail that never was, which is the cheapest question the provider answers. */
  async ping(): Promise<void> {
    await this.hasAccepted('<ping@effectively-once.example>');
  }
}
