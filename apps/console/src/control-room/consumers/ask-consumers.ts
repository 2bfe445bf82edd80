import {
  CONSUMERS,
  type ConsumerName,
  type ConsumerReport,
  type DeliveryTrace,
} from '@effectively-once/contracts';
import { z } from 'zod';
import type { DeliveryTraces } from '../payments/delivery-traces.js';
import type { ConsumerStates } from '../wire/overview.js';

/** A consumer that is slower says nothing of itself. The page shows the others. */
export const ANSWER_MAX_MS = 1_000;

export interface AskConsumersOptions {
  urls: Record<ConsumerName, string>;
  /** CONSUMER_STATE_TOKEN */
  token: string;
}

const circuit = z.enum(['closed', 'half_open', 'open']);
const report = z.object({
  consumer: z.enum(CONSUMERS),
  at: z.string(),
  partitions: z.array(
    z.object({
      topic: z.string(),
      partition: z.number(),
      watermark: z.string().nullable(),
      committed: z.string().nullable(),
      isPaused: z.boolean(),
      inFlight: z.number(),
      lanes: z.array(
        z.object({
          key: z.string(),
          offset: z.string(),
          paymentId: z.string().nullable(),
          attempts: z.number(),
          attemptsMax: z.number(),
          nextAttemptAt: z.string().nullable(),
          error: z.string().nullable(),
          isParked: z.boolean(),
          waitingRecords: z.number(),
        }),
      ),
    }),
  ),
  circuits: z.array(
    z.object({
      dependency: z.string(),
      state: circuit,
      since: z.string().nullable(),
      nextProbeAt: z.string().nullable(),
    }),
  ),
}) satisfies z.ZodType<ConsumerReport>;
const deliveries = z.object({
  items: z.array(
    z.object({
      paymentId: z.string(),
      topic: z.string(),
      partition: z.number(),
      offset: z.string(),
      fetchedAt: z.string(),
      attempts: z.array(
        z.object({
          startedAt: z.string(),
          endedAt: z.string(),
          error: z.string().nullable(),
          nextAttemptAt: z.string().nullable(),
        }),
      ),
      outcome: z.enum(['applied', 'duplicate', 'dead_lettered', 'in_flight']),
      committedAt: z.string().nullable(),
    }),
  ),
}) satisfies z.ZodType<{ items: DeliveryTrace[] }>;

/**
 * Asks the consumers what they say of themselves, all at the same time. An answer of another shape
 * counts as none: during a deployment the other side may be newer or older.
 */
export class AskConsumers implements DeliveryTraces {
  constructor(private readonly options: AskConsumersOptions) {}

  /** Takes at most ANSWER_MAX_MS. */
  async states(): Promise<ConsumerStates> {
    const items = CONSUMERS.map(async (name) => ({
      name,
      report: await this.ask(name, '/internal/state', report),
    }));
    return { items: await Promise.all(items) };
  }

  /** The latest deliveries of one payment. Takes at most ANSWER_MAX_MS. */
  async of(paymentId: string): Promise<Map<ConsumerName, DeliveryTrace[]>> {
    const path = `/internal/state/deliveries?paymentId=${encodeURIComponent(paymentId)}`;
    const asked = CONSUMERS.map(
      async (name) => [name, (await this.ask(name, path, deliveries))?.items ?? []] as const,
    );
    return new Map((await Promise.all(asked)).filter(([, items]) => items.length > 0));
  }

  private async ask<Answer>(
    name: ConsumerName,
    path: string,
    shape: z.ZodType<Answer>,
  ): Promise<Answer | null> {
    const { urls, token } = this.options;
    try {
      const response = await fetch(new URL(path, urls[name]), {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(ANSWER_MAX_MS),
      });
      return response.ok ? shape.parse(await response.json()) : null;
    } catch {
      // Refused, too slow, or not understood: in each case its state is unknown.
      return null;
    }
  }
}
