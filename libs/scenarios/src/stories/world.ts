import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { evidence, idIn, isFinal, letters, pages, type SeenAnswer } from './answers.js';
import { NotAsTold, type ScenarioStep } from './run.js';

const POLL_MS = 400;
const REQUEST_WITHIN_MS = 20_000;
const WITHIN_DEFAULT_MS = 90_000;

export type Consumer = 'email' | 'loyalty' | 'search';

export interface Purchase {
  user: string;
  key: string;
  order: string;
  paymentMethod?: string;
}

export interface WorldOptions {
  paymentsUrl: string;
  consoleUrl: string;
  customerToken: (user: string) => Promise<string>;
  operatorToken: () => Promise<string>;
  /** Names the users and orders of this run. */
  runId: string;
  signal: AbortSignal;
  onStep: (steps: ScenarioStep[]) => void;
}

/** The system as a customer and an operator reach it: over HTTP, and in no other way. */
export class StoryWorld {
  readonly steps: ScenarioStep[] = [];
  /** What the operator has broken, by its target, and types to repair it. */
  readonly repairByHand = new Map<string, { command: string; notBeforeMs: number }>();
  private purchases = 0;

  constructor(private readonly options: WorldOptions) {}

  /** One line of the story. Its text tells what was seen. @throws what `act` throws. */
  async step(title: string, act: (step: ScenarioStep) => Promise<string>): Promise<void> {
    this.options.signal.throwIfAborted();
    const step: ScenarioStep = {
      title,
      startedAt: new Date().toISOString(),
      endedAt: null,
      outcome: 'running',
      detail: null,
      command: null,
      paymentIds: [],
    };
    this.steps.push(step);
    this.changed();
    try {
      step.detail = await act(step);
      step.outcome = 'ok';
    } catch (error) {
      step.outcome = 'failed';
      step.detail = error instanceof Error ? error.message : 'it failed';
      throw error;
    } finally {
      step.endedAt = new Date().toISOString();
      this.changed();
    }
  }

  /** Tells that a step has changed meanwhile. */
  changed(): void {
    this.options.onStep(this.steps);
  }

  purchase(changes: Partial<Purchase> = {}): Purchase {
    const n = ++this.purchases;
    const { runId } = this.options;
    return {
      user: `story-${runId}-${n}`,
      key: `story-${runId}-${n}`,
      order: `story-${runId}-${n}`,
      ...changes,
    };
  }

  addressOf({ user }: Purchase): string {
    return `${user}@example.com`;
  }

  /** One request, without a repetition. @returns undefined if no answer came. */
  async request(
    { user, key, order, paymentMethod = 'pm_card_visa' }: Purchase,
    { withinMs = REQUEST_WITHIN_MS } = {},
  ): Promise<SeenAnswer | undefined> {
    const { paymentsUrl, customerToken, signal } = this.options;
    try {
      const response = await fetch(new URL('/v1/payments', paymentsUrl), {
        method: 'POST',
        headers: {
          authorization: `Bearer ${await customerToken(user)}`,
          'content-type': 'application/json',
          'idempotency-key': key,
        },
        body: JSON.stringify({ orderId: order, amountMinor: 1299, currency: 'EUR', paymentMethod }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(withinMs)]),
      });
      const text = await response.text();
      const retryAfterS = Number(response.headers.get('retry-after') ?? NaN);
      return { status: response.status, text, id: idIn(text), retryAfterS };
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }

  /** Repeats one purchase with its key until its final answer, as a client does. */
  async pay(purchase: Purchase): Promise<SeenAnswer> {
    return await this.until('the final answer', async () => {
      const answer = await this.request(purchase);
      return answer && isFinal(answer) ? answer : undefined;
    });
  }

  /** Pays for as many new users. @returns the ids of the payments. */
  async payments(count: number): Promise<string[]> {
    const paid = await Promise.all(Array.from({ length: count }, () => this.pay(this.purchase())));
    for (const { status } of paid) this.expect(status === 201, `a payment was answered ${status}`);
    return paid.map(({ id }) => id);
  }

  /** Waits until the effect of each payment has one of these states: `done`. */
  async untilEffects(ids: string[], consumer: Consumer, ...states: string[]): Promise<void> {
    await this.until(
      `${consumer} of ${ids.length} payments to be ${states.join(' or ')}`,
      async () => {
        const seen = await Promise.all(ids.map((id) => this.evidence(id)));
        return seen.every(({ effects }) => states.includes(effects[consumer]));
      },
    );
  }

  async effectsOf(id: string) {
    return (await this.evidence(id)).effects;
  }

  /**
   * Waits until every store holds what belongs to the payment, and nothing twice.
   * @param isRepairGoingOn until it has ended, what was lost is still missing.
   * @throws NotAsTold at once if a payment is lost or doubled, except while a repair goes on.
   */
  async untilComplete(ids: string[], isRepairGoingOn = false): Promise<void> {
    for (const id of ids) {
      await this.until(`everything of payment ${id}`, async () => {
        const { judgement } = await this.evidence(id);
        const [first] = judgement.findings;
        if (judgement.verdict === 'violated' && !isRepairGoingOn)
          throw new NotAsTold(first?.why ?? 'violated');
        return judgement.verdict === 'ok';
      });
    }
  }

  /** The dead letter of the payment, after the console has seen it. */
  async deadLetterOf(id: string): Promise<string> {
    return await this.until('the dead letter', async () => {
      const { items } = letters.parse(await this.console('GET', '/api/dlq/email?limit=200'));
      return items.find(({ paymentId }) => paymentId === id)?.id;
    });
  }

  async redrive(letter: string): Promise<void> {
    await this.console('POST', '/api/dlq/email/redrive', { ids: [letter], max: 1 });
  }

  async untilPaged(text: string): Promise<string> {
    return await this.until(`a page about ${text}`, async () => {
      const known = pages.parse(await this.console('GET', '/api/pages'));
      return (
        known.items.find(
          ({ summary, resolvedAt }) => resolvedAt === null && summary?.includes(text),
        )?.summary ?? undefined
      );
    });
  }

  /** @throws NotAsTold */
  expect(condition: boolean, otherwise: string): void {
    if (!condition) throw new NotAsTold(otherwise);
  }

  /** Asks again and again. @throws NotAsTold when it takes too long. */
  async until<Value>(
    what: string,
    ask: () => Promise<Value | undefined | false>,
    withinMs = WITHIN_DEFAULT_MS,
  ): Promise<Value> {
    const { signal } = this.options;
    const deadlineMs = Date.now() + withinMs;
    for (;;) {
      signal.throwIfAborted();
      const value = await ask().catch((error: unknown) => {
        // A server may be away. That is what the story is about.
        if (error instanceof NotAsTold) throw error;
        return undefined;
      });
      if (value !== undefined && value !== false) return value;
      if (Date.now() >= deadlineMs) throw new NotAsTold(`waited ${withinMs / 1_000} s for ${what}`);
      await sleep(POLL_MS, undefined, { signal });
    }
  }

  /** @throws Error if the console refuses it. */
  async console(method: string, path: string, body?: object): Promise<unknown> {
    const { consoleUrl, operatorToken, signal } = this.options;
    const response = await fetch(new URL(path, consoleUrl), {
      method,
      headers: {
        authorization: `Bearer ${await operatorToken()}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.any([signal, AbortSignal.timeout(60_000)]),
    });
    const answer = (await response.json()) as { detail?: string };
    if (!response.ok) throw new Error(`${path}: ${response.status} ${answer.detail ?? ''}`);
    return answer;
  }

  private async evidence(id: string): Promise<z.infer<typeof evidence>> {
    return evidence.parse(await this.console('GET', `/api/payments/${id}`));
  }
}
