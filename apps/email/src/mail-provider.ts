import { DependencyDown } from '@effectively-once/delivery';
import { z } from 'zod';

const TIMEOUT_MS = 2_000;
const answer = z.object({ accepted: z.boolean() });

/** The mail provider's own memory of what it accepted. */
export class MailProvider {
  constructor(private readonly url: string) {}

  /** @throws DependencyDown when it cannot say: not knowing is no permission to send. */
  async hasAccepted(messageId: string): Promise<boolean> {
    const query = new URL('/v1/messages', this.url);
    query.searchParams.set('messageId', messageId);
    try {
      const response = await fetch(query, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (!response.ok) throw new Error(`status ${response.status}`);
      return answer.parse(await response.json()).accepted;
    } catch (error) {
      throw new DependencyDown('mail-provider', { cause: error });
    }
  }
}
