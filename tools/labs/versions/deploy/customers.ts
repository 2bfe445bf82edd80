import { setTimeout as sleep } from 'node:timers/promises';
import { appUrl } from '../../../cli/clients/app-url.js';
import { demoToken } from '../../../cli/clients/demo-token.js';
import { pay } from '../../../cli/clients/payments-client.js';
import type { LabContext } from '../../lab.js';

const USERS = 100;
const AMOUNT_MAX_MINOR = 50_000;

/** One payment as its customer sees it. */
export interface CheckoutSeen {
  /** ms since the epoch. */
  dueAtMs: number;
  tookMs: number;
  /** Requests, all with one idempotency key. */
  requests: number;
  /** Of the final answer; 0 without one. */
  status: number;
  paymentId: string | undefined;
}

/**
 * Customers who pay at a steady rate, whatever the answers (an open loop). Each repeats its request
 * with the same idempotency key until it has a final answer.
 */
export class Customers {
  private isOpen = true;
  private readonly gaveUp = new AbortController();
  private readonly checkouts: Promise<CheckoutSeen>[] = [];
  private offering: Promise<void> | undefined;

  private constructor(
    private readonly context: LabContext,
    private readonly tokens: readonly string[],
    private readonly perSecond: number,
  ) {}

  static async arrive(context: LabContext, perSecond: number): Promise<Customers> {
    const run = crypto.randomUUID().slice(0, 8);
    const tokens = await Promise.all(
      Array.from({ length: USERS }, (_, n) =>
        demoToken(context.environment, { userId: `lab-${run}-${n}`, role: 'customer' }),
      ),
    );
    const customers = new Customers(context, tokens, perSecond);
    customers.offering = customers.offer();
    return customers;
  }

  /** No more payments. Resolves with all of them when each has its final answer. */
  async leave(): Promise<CheckoutSeen[]> {
    this.isOpen = false;
    await this.offering;
    return await Promise.all(this.checkouts);
  }

  /** For a lab that failed: no retry is worth waiting for. */
  async giveUp(): Promise<void> {
    this.gaveUp.abort();
    await this.leave();
  }

  private async offer(): Promise<void> {
    const startedAtMs = Date.now();
    for (let n = 0; this.isOpen && !this.context.signal.aborted; n += 1) {
      const dueAtMs = startedAtMs + (n * 1_000) / this.perSecond;
      const waitMs = dueAtMs - Date.now();
      if (waitMs > 0) await sleep(waitMs);
      this.checkouts.push(this.checkout(this.tokens[n % USERS] ?? '', dueAtMs));
    }
  }

  private async checkout(token: string, dueAtMs: number): Promise<CheckoutSeen> {
    const { environment, random } = this.context;
    const signal = AbortSignal.any([this.gaveUp.signal, this.context.signal]);
    let requests = 1;
    const client = {
      url: appUrl(environment, 'PAYMENTS'),
      token,
      onRetry: () => void (requests += 1),
      random: Math.random,
      wait: (ms: number) => sleep(ms, undefined, { signal }),
    };
    const order = {
      orderId: crypto.randomUUID(),
      amountMinor: 1 + Math.floor(random() * AMOUNT_MAX_MINOR),
      currency: 'EUR',
      paymentMethod: 'pm_card_visa',
    };
    const answer = await pay(client, order, crypto.randomUUID()).catch(() => undefined);
    const { id } = answer?.status === 201 ? (JSON.parse(answer.body) as { id: string }) : {};
    const tookMs = Date.now() - dueAtMs;
    return { dueAtMs, tookMs, requests, status: answer?.status ?? 0, paymentId: id };
  }
}
