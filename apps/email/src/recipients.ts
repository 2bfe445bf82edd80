import { z } from 'zod';
import { ask } from './ask.js';

const recipient = z.object({ userId: z.string(), receiptEmail: z.email(), locale: z.string() });
export type Recipient = z.infer<typeof recipient>;

/** Asks payments where a receipt goes. The address is in no event, so it is in no topic either. */
export class Recipients {
  constructor(
    private readonly paymentsUrl: string,
    private readonly serviceToken: string,
  ) {}

  /** @throws as `ask`. A payment that payments does not know yet is tried again, and counted. */
  async of(paymentId: string): Promise<Recipient> {
    const url = new URL(`/internal/payments/${paymentId}/recipient`, this.paymentsUrl);
    const response = await ask('payments', url, { authorization: `Bearer ${this.serviceToken}` });
    if (!response.ok) throw new RecipientUnknown(response.status);
    return recipient.parse(await response.json());
  }

  async ping(signal: AbortSignal): Promise<void> {
    const response = await fetch(new URL('/health/live', this.paymentsUrl), { signal });
    if (!response.ok) throw new Error(`payments answers ${response.status}`);
  }
}

class RecipientUnknown extends Error {
  override readonly name = 'RecipientUnknown';
  readonly code: string;
  constructor(status: number) {
    super('payments names no recipient');
    this.code = String(status);
  }
}
