import { mintToken } from '@effectively-once/platform';
import { listenForTest } from '@effectively-once/platform/testing';
import { testAddresses } from '@effectively-once/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Client } from 'pg';
import { appModule } from '../../app.module.js';
import { consoleConfig } from '../../config.js';
import { explain } from '../../runtime/console-errors.js';
import type { PaymentEvidence, PaymentList } from '../wire/evidence.js';

const SECRET = 'a-secret-of-at-least-32-bytes-for-tests';
const USER = `user-${crypto.randomUUID()}`;
const UNKNOWN = '019aa1c4-6f5e-7c3a-9a51-3f0c8d2e7b10';

let app: NestFastifyApplication;
let payments: Client;
let url: string;
let ids: string[];

beforeAll(async () => {
  const addresses = testAddresses();
  const config = consoleConfig.parse({
    ...(addresses as Record<string, unknown>),
    NODE_ENV: 'test',
    AUTH_JWT_SECRET: SECRET,
    KAFKA_BROKERS: addresses.KAFKA_BROKERS.join(),
  });
  ({ app, url } = await listenForTest((logger) => ({
    module: appModule(config, logger),
    explain,
  })));
  const database = new URL(addresses.POSTGRES_SUPERUSER_URL);
  database.pathname = '/payments';
  payments = new Client({ connectionString: database.href });
  await payments.connect();
  // Declined payments have no effects, so nothing but the payments database is needed. In groups of
  // two they share the time, to the millisecond: only the id orders them.
  const { rows } = await payments.query<{ id: string }>(
    `INSERT INTO payments.payments (id, user_id, order_id, amount_minor, currency, payment_method,
       status, version, failure_code, created_at, traceparent, psp_attempts)
     SELECT uuidv7(), $1, 'order-' || n, 9999999999, 'EUR', 'pm_card_visa', 'DECLINED', 2,
            'card_declined', now(), '00-0-0-00', 1
       FROM generate_series(1, 120) n RETURNING id`,
    [USER],
  );
  ids = rows.map(({ id }) => id).sort((a, b) => b.localeCompare(a));
}, 60_000);

afterAll(async () => {
  await payments.query('DELETE FROM payments.payments WHERE user_id = $1', [USER]);
  await payments.end();
  await app.close();
});

async function get(path: string, role: 'operator' | 'customer' | null = 'operator') {
  const token = role && (await mintToken(SECRET, { userId: 'olga', role }, { ttlS: 600 }));
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const response = await fetch(`${url}${path}`, { headers });
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, json: await response.json() };
}

const list = async (query: string) => (await get(`/api/payments?${query}`)).json as PaymentList;

describe('GET /api/payments', () => {
  it('gives every payment of a user once, newest first, fifty a page', async () => {
    const pages: PaymentList[] = [];
    for (let cursor = ''; pages.length < 4;) {
      const page = await list(`userId=${USER}${cursor}`);
      pages.push(page);
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(pages.map(({ items }) => items.length)).toEqual([50, 50, 20]);
    expect(pages.flatMap(({ items }) => items.map(({ id }) => id))).toEqual(ids);
  });

  it('keeps large amounts exact, and says that a declined payment has no effects', async () => {
    const { items } = await list(`userId=${USER}&orderId=order-7&status=DECLINED`);
    expect(items).toEqual([
      expect.objectContaining({
        orderId: 'order-7',
        amountMinor: '9999999999',
        completedAt: null,
        effects: { email: 'none', loyalty: 'none', search: 'none' },
      }),
    ]);
  });

  it('finds nothing by a state of effects that no payment of the user has', async () => {
    for (const effects of ['late', 'lost', 'doubled', 'other', 'dead_lettered']) {
      expect(await list(`userId=${USER}&effects=${effects}`)).toEqual({
        items: [],
        nextCursor: null,
      });
    }
  });

  it('refuses a wrong query with every fault', async () => {
    const { status, type, json } = await get('/api/payments?status=PAID&user=alice');
    expect(status).toBe(400);
    expect(type).toContain('application/problem+json');
    expect(json).toMatchObject({
      errors: [{ pointer: '/status' }, { pointer: '/user', detail: expect.any(String) as string }],
    });
  });
});

describe('GET /api/payments/{id}', () => {
  it('shows a declined payment, and names the stores that do not answer', async () => {
    const { status, json } = await get(`/api/payments/${ids[0]}`);
    const evidence = json as PaymentEvidence;
    expect(status).toBe(200);
    expect(evidence).toMatchObject({ id: ids[0], userId: USER, status: 'DECLINED', event: null });
    expect(evidence.steps.find(({ id }) => id === 'finalize')).toMatchObject({
      at: null,
      outcome: 'failed',
      detail: 'DECLINED: card_declined',
    });
    // No external systems run beside this test.
    expect(evidence.judgement.unreadable).toEqual(
      expect.arrayContaining(["the PSP's journal", "the mail provider's journal"]),
    );
    expect(evidence.judgement.verdict).not.toBe('ok');
  });

  it('is 404 for an unknown id, and 400 for one that is no UUID', async () => {
    expect((await get(`/api/payments/${UNKNOWN}`)).status).toBe(404);
    expect((await get('/api/payments/alice')).status).toBe(400);
  });
});

it.each(['/api/payments', `/api/payments/${UNKNOWN}`])('%s is for operators only', async (path) => {
  expect((await get(path, 'customer')).status).toBe(403);
  expect((await get(path, null)).status).toBe(401);
});

describe('GET /openapi.json', () => {
  it('describes what is sent', async () => {
    const { json } = await get('/openapi.json', null);
    const document = json as { components: object };
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'document', components: document.components });
    const faults = (name: string, body: unknown) => {
      const validate = ajv.compile({ $ref: `document#/components/schemas/${name}` });
      validate(body);
      return validate.errors;
    };
    expect(faults('PaymentList', await list(`userId=${USER}`))).toBeNull();
    expect(faults('PaymentEvidence', (await get(`/api/payments/${ids[0]}`)).json)).toBeNull();
    expect(faults('Problem', (await get('/api/payments/alice')).json)).toBeNull();
  });
});
