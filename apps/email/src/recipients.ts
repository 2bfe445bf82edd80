import { DependencyDown } from '@effectively-once/delivery';
import { z } from 'zod';

const TIMEOUT_MS = 2_000;

const recipient = z.object({ userId: z.string(), receiptEmail: z.email(), locale: z.string() });
export type Recipient = z.infer<typeof recipient>;

/** Asks payments where a receipt goes. The address is in no event, so it is in no topic either. */
export class Recipients {
  constructor(
    private readonly paymentsUrl: string,
    private readonly serviceToken: string,
  ) {}

  /** @throws DependencyDown when payments cannot answer. A payment it does not know yet is tried again. */
  async of(paymentId: string): Promise<Recipient> {
    const response = await this.get(`/internal/payments/${paymentId}/recipient`);
    if (response.status >= 500 || response.status === 429 || response.status === 401)
      throw new DependencyDown('payments', { cause: new Error(`status ${response.status}`) });
    if (!response.ok) throw new RecipientUnknown(response.status);
    return recipient.parse(await response.json());
  }

  async ping(signal: AbortSignal): Promise<void> {
    const response = await fetch(new URL('/health/live', this.paymentsUrl), { signal });
    if (!response.ok) throw new Error(`payments answers ${response.status}`);
  }

  private async get(path: string): Promise<Response> {
    try {
      return await fetch(new URL(path, this.paymentsUrl), {
        headers: { authorization: `Bearer ${this.serviceToken}` },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      throw new DependencyDown('payments', { cause: error });
    }
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
