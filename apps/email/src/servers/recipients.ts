import { z } from 'zod';
import { ask } from './ask.js';

const recipient = z.object({ userId: z.string(), receiptEmail: z.email(), locale: z.string() });
export type Recipient = z.infer<typeof recipient>;

/** Asks payments for the address of a receipt. No event, and so no topic, contains an address. */
export class Recipients {
  constructor(
    private readonly paymentsUrl: string,
    private readonly serviceToken: string,
  ) {}

  /** @throws as `ask`. If payments does not know the payment yet, the attempt counts. */
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
