import { mintToken, type Logger } from '@effectively-once/platform';
import { waitUntil } from '@effectively-once/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import { systemClockAndIds } from '../runtime/clock-and-ids.js';
import { paymentsConfig } from '../config.js';
import { paymentsApp } from '../app.module.js';
import { freshDatabase, type FreshDatabase } from './fresh-database.js';
import { ScriptedPsp } from './scripted-psp.js';

export const PSP_WEBHOOK_SECRET = 'whsec_test';

/** The environment of a payments process, without the addresses of its database and its PSP. */
export const TEST_ENVIRONMENT = {
  PAYMENTS_PORT: '3000',
  AUTH_JWT_SECRET: 'a-secret-of-at-least-32-bytes-for-tests',
  SERVICE_TOKEN: 'service-token',
  PSP_URL: 'http://127.0.0.1:1',
  PSP_SECRET_KEY: 'sk_test',
  PSP_WEBHOOK_SECRET,
  PSP_TIMEOUT_MS: '400',
};

export interface Pay {
  key?: string | null;
  body?: unknown;
  user?: string;
  /** The token's `email` claim; null = none. */
  email?: string | null;
  headers?: Record<string, string>;
}

type Detour = (url: string) => Promise<string>;
const direct: Detour = (url) => Promise.resolve(url);

/** The service on its own port, with a real database and a scripted PSP. */
export class PaymentsUnderTest {
  readonly psp = new ScriptedPsp();
  readonly logLines: string[] = [];
  /** Added to the clocks of the service. */
  aheadMs = 0;
  database!: FreshDatabase;
  app!: NestFastifyApplication;
  url!: string;

  /** @param detours return the URL of a proxy between the service and its database or its PSP. */
  static async start(
    environment: Record<string, string> = {},
    ...detours: Detour[]
  ): Promise<PaymentsUnderTest> {
    const test = new PaymentsUnderTest();
    await test.psp.open();
    test.database = await freshDatabase();
    const [toDatabase = direct, toPsp = direct] = detours;
    const logger: Logger = pino({}, { write: (line: string) => void test.logLines.push(line) });
    test.app = await paymentsApp({
      logger,
      clockAndIds: {
        ...systemClockAndIds,
        now: () => new Date(Date.now() + test.aheadMs),
        nowMs: () => performance.now() + test.aheadMs,
      },
      config: paymentsConfig({
        ...TEST_ENVIRONMENT,
        PAYMENTS_DATABASE_URL: await toDatabase(test.database.as('payments_app')),
        PSP_URL: await toPsp(test.psp.url),
        ...environment,
      }),
    });
    await test.app.listen(0, '127.0.0.1');
    test.url = await test.app.getUrl();
    return test;
  }

  async stop(): Promise<void> {
    // The PSP first: the service may wait for requests that hang there.
    await this.psp.close();
    await this.app.close();
    await this.database.drop();
  }

  async token(user = 'alice', email: string | null = `${user}@example.com`): Promise<string> {
    const caller = { userId: user, role: 'customer' as const, ...(email ? { email } : {}) };
    return await mintToken(TEST_ENVIRONMENT.AUTH_JWT_SECRET, caller, { ttlS: 600 });
  }

  async pay({ key, body, user, email, headers }: Pay): Promise<Response> {
    return await fetch(`${this.url}/v1/payments`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await this.token(user, email)}`,
        'content-type': 'application/json',
        ...(key ? { 'idempotency-key': key } : {}),
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  /** On a slow machine, load shedding refuses some of many checkouts at once (503). */
  async payWhenAdmitted(order: Pay): Promise<Response> {
    return await waitUntil('a checkout to be admitted', async () => {
      const response = await this.pay(order);
      return response.status === 503 ? undefined : response;
    });
  }

  async get(path: string, token?: string): Promise<Response> {
    return await fetch(`${this.url}${path}`, {
      headers: { authorization: `Bearer ${token ?? (await this.token())}` },
    });
  }

  /** A metric's value by its name with its labels; undefined when it is not exposed. */
  async metric(name: string): Promise<number | undefined> {
    const lines = (await (await fetch(`${this.url}/metrics`)).text()).split('\n');
    const line = lines.find((candidate) => candidate.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  }

  async count(table: 'payments' | 'outbox' | 'idempotency_keys' | 'recipients'): Promise<number> {
    const { rows } = await this.database.admin.query(`SELECT count(*)::int FROM payments.${table}`);
    return (rows[0] as { count: number }).count;
  }
}

let orders = 0;

/** An order without a payment. */
export function newOrder(changes: Record<string, unknown> = {}) {
  orders += 1;
  return {
    orderId: `order-${orders}`,
    amountMinor: 1299,
    currency: 'EUR',
    paymentMethod: 'pm_card_visa',
    ...changes,
  };
}
