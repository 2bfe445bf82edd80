import { MicroBatch } from '@effectively-once/timing';
import { z } from 'zod';
import { ASK_TIMEOUT_MS, BATCH_TIMEOUT_MS } from '../config.js';
import { ask } from './ask.js';

// No format is checked here: a row that cannot be used must cost its own receipt, with its reason,
// and not read like an answer of payments that is broken.
const recipient = z.object({ userId: z.string(), receiptEmail: z.string(), locale: z.string() });
export type Recipient = z.infer<typeof recipient>;

const answer = z.object({
  results: z.array(z.object({ id: z.string(), recipient: recipient.nullable() })),
});

// The route's limit.
const IDS_MAX = 100;
// With one batch at a time, one question without an answer would delay all others.
const BATCHES_MAX = 2;

type Told = Recipient | 'unknown' | 'not told';

/** Asks payments for the addresses of receipts. No event, and so no topic, contains an address. */
export class Recipients {
  private readonly batch = new MicroBatch<string, Told>({
    sizeMax: IDS_MAX,
    inFlightMax: BATCHES_MAX,
    run: async (paymentIds) => await this.ofAll(paymentIds),
  });

  constructor(
    private readonly paymentsUrl: string,
    private readonly serviceToken: string,
    private readonly timeouts = { batchMs: BATCH_TIMEOUT_MS, aloneMs: ASK_TIMEOUT_MS },
  ) {}

  /**
   * Receipts that need an address at the same time share one request. A batch blames no receipt and
   * no server: when it fails, each of its receipts is asked about alone, and only that counts.
   *
   * @throws as `ask`. If payments does not know the payment yet, the attempt counts.
   */
  async of(paymentId: string): Promise<Recipient> {
    const told = await this.batch.add(paymentId);
    if (told === 'unknown') throw new RecipientUnknown(404);
    return told === 'not told' ? await this.alone(paymentId) : told;
  }

  private async ofAll(paymentIds: string[]): Promise<PromiseSettledResult<Told>[]> {
    const told = await this.askFor(paymentIds);
    return paymentIds.map((id) => ({ status: 'fulfilled', value: told.get(id) ?? 'not told' }));
  }

  /** Empty if payments is down, too slow, or does not know this route yet. */
  private async askFor(paymentIds: string[]): Promise<Map<string, Told>> {
    try {
      const response = await ask('payments', new URL('/internal/recipients', this.paymentsUrl), {
        headers: this.headers(),
        body: { ids: paymentIds },
        timeoutMs: this.timeouts.batchMs,
      });
      const { results } = answer.parse(response.json());
      return new Map(results.map(({ id, recipient }) => [id, recipient ?? 'unknown']));
    } catch {
      return new Map();
    }
  }

  private async alone(paymentId: string): Promise<Recipient> {
    const url = new URL(`/internal/payments/${paymentId}/recipient`, this.paymentsUrl);
    const response = await ask('payments', url, {
      headers: this.headers(),
      timeoutMs: this.timeouts.aloneMs,
    });
    if (!response.isOk) throw new RecipientUnknown(response.status);
    return recipient.parse(response.json());
  }

  private headers() {
    return { authorization: `Bearer ${this.serviceToken}` };
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
