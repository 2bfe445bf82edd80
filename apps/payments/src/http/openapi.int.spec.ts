import { waitUntil } from '@effectively-once/testing';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { LoadShedding } from '../checkout/load-shedding.js';
import { PAYMENTS_ERRORS } from './payments-errors.js';
import { newOrder, PaymentsUnderTest } from '../testing/payments-under-test.js';
import { sendWebhook, succeeded } from '../testing/webhooks.js';

interface Documented {
  headers?: Record<string, unknown>;
  content?: Record<string, { schema: object; examples?: Record<string, { value: object }> }>;
}
interface Document {
  paths: Record<string, Record<string, { responses: Record<string, Documented> }>>;
  components: object;
}

const PAY = 'post /v1/payments';
const ONE = 'get /v1/payments/{id}';
const LIST = 'get /v1/payments';
const WEBHOOK = 'post /v1/psp/webhooks';

// Every promise of the document about an answer must be true of a real answer.
describe('the OpenAPI document', () => {
  let payments: PaymentsUnderTest;
  let document: Document;
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  beforeAll(async () => {
    payments = await PaymentsUnderTest.start({ RATE_LIMIT_PER_S: '1', RATE_LIMIT_BURST: '40' });
    document = (await (await fetch(`${payments.url}/openapi.json`)).json()) as Document;
    ajv.addSchema({ $id: 'document', components: document.components });
  }, 30_000);
  afterAll(async () => await payments.stop());

  let keys = 0;
  const pay = async (body: unknown = newOrder(), headers: Record<string, string> = {}) =>
    await payments.pay({ key: `key-${(keys += 1)}`, body, headers, user: `user-${keys}` });
  const scripted = async (...behaviours: typeof payments.psp.script) => {
    payments.psp.script.push(...behaviours);
    return await pay();
  };
  const twice = async (key: string, change: object, otherKey = key) => {
    const body = newOrder();
    await payments.pay({ key, body });
    return await payments.pay({ key: otherKey, body: { ...body, ...change } });
  };
  const paid = async () => ((await (await pay()).json()) as { id: string }).id;
  const anonymous = { authorization: '' };
  const unknownId = '00000000-0000-7000-8000-000000000000';

  /** While one table is locked, so that statements fail after their lock timeout. */
  async function locked(table: string, ask: () => Promise<Response>): Promise<Response> {
    await payments.database.admin.query(`BEGIN; LOCK TABLE payments.${table}`);
    try {
      return await ask();
    } finally {
      await payments.database.admin.query('ROLLBACK');
    }
  }

  /** While every statement of this kind fails with a division by zero: our mistake. */
  async function mistaken(
    statement: 'SELECT' | 'INSERT',
    ask: () => Promise<Response>,
  ): Promise<Response> {
    const { admin } = payments.database;
    const check = statement === 'SELECT' ? 'USING' : 'WITH CHECK';
    await admin.query(
      `CREATE POLICY mistake ON payments.payments AS RESTRICTIVE FOR ${statement}
         TO payments_app ${check} (1 / 0 = 1)`,
    );
    try {
      return await ask();
    } finally {
      await admin.query('DROP POLICY mistake ON payments.payments');
    }
  }

  const PROBLEMS: Record<string, () => Promise<Response>> = {
    [`${PAY} 400 invalid_request`]: () => pay({}),
    [`${PAY} 400 idempotency_key_required`]: () => payments.pay({ key: null, body: newOrder() }),
    [`${PAY} 400 idempotency_key_malformed`]: () => payments.pay({ key: 'a b', body: newOrder() }),
    [`${PAY} 401 unauthorized`]: () => pay(newOrder(), anonymous),
    [`${PAY} 402 payment_declined`]: () => scripted('decline'),
    [`${PAY} 402 payment_failed`]: () =>
      scripted({ status: 400, type: 'invalid_request_error', code: 'resource_missing' }),
    [`${PAY} 409 idempotency_in_flight`]: async () => {
      payments.psp.script.push('hang');
      const body = newOrder();
      const before = payments.psp.attempts.length;
      const first = payments.pay({ key: 'in-flight', body });
      await waitUntil('the first to be at the PSP', () => payments.psp.attempts[before]);
      const second = await payments.pay({ key: 'in-flight', body });
      await first;
      return second;
    },
    [`${PAY} 409 order_already_paid`]: () => twice('order-a', {}, 'order-b'),
    [`${PAY} 413 body_too_large`]: () => pay(newOrder({ x: 'x'.repeat(1e6) })),
    [`${PAY} 415 unsupported_media_type`]: () =>
      pay('<order/>', { 'content-type': 'application/xml' }),
    [`${PAY} 422 idempotency_key_reused`]: () => twice('reused', { amountMinor: 1 }),
    [`${PAY} 429 rate_limited`]: async () => {
      const all = Array.from({ length: 60 }, () =>
        payments.pay({ key: null, body: {}, user: 'hasty' }),
      );
      const responses = await Promise.all(all);
      return responses.find(({ status }) => status === 429) as Response;
    },
    [`${PAY} 500 internal_error`]: () => mistaken('INSERT', () => pay()),
    [`${PAY} 503 overloaded`]: async () => {
      let release = () => {};
      const released = new Promise<void>((resolve) => (release = resolve));
      const loadShedding = payments.app.get(LoadShedding);
      while (!loadShedding.isFull()) void loadShedding.admit(() => released);
      const response = await pay();
      release();
      return response;
    },
    [`${PAY} 503 psp_unavailable`]: async () => {
      await payments.psp.close();
      const response = await pay();
      await payments.psp.open();
      return response;
    },
    [`${PAY} 503 temporarily_unavailable`]: () => locked('idempotency_keys', () => pay()),
    [`${LIST} 400 invalid_request`]: () => payments.get('/v1/payments'),
    [`${LIST} 401 unauthorized`]: () => payments.get('/v1/payments?orderId=a', 'x.y.z'),
    [`${LIST} 500 internal_error`]: () =>
      mistaken('SELECT', () => payments.get('/v1/payments?orderId=a')),
    [`${LIST} 503 temporarily_unavailable`]: () =>
      locked('payments', () => payments.get('/v1/payments?orderId=a')),
    [`${ONE} 401 unauthorized`]: () => payments.get(`/v1/payments/${unknownId}`, 'x.y.z'),
    [`${ONE} 404 payment_not_found`]: () => payments.get(`/v1/payments/${unknownId}`),
    [`${ONE} 500 internal_error`]: () =>
      mistaken('SELECT', () => payments.get(`/v1/payments/${unknownId}`)),
    [`${ONE} 503 temporarily_unavailable`]: () =>
      locked('payments', () => payments.get(`/v1/payments/${unknownId}`)),
    [`${WEBHOOK} 400 webhook_signature_invalid`]: () =>
      sendWebhook(payments, {}, { secret: 'whsec_other' }),
    [`${WEBHOOK} 400 webhook_malformed`]: () => sendWebhook(payments, { type: 'refund.failed' }),
    [`${WEBHOOK} 500 internal_error`]: () => mistaken('SELECT', () => tellOf(unknownId)),
    [`${WEBHOOK} 503 temporarily_unavailable`]: () => locked('payments', () => tellOf(unknownId)),
  };

  const tellOf = async (paymentId: string) =>
    await sendWebhook(payments, succeeded({ id: 'pi_1', paymentId }));

  const SUCCESSES: Record<string, () => Promise<Response>> = {
    [`${PAY} 201`]: () => pay(),
    [`${PAY} 202`]: () => scripted('reset'),
    [`${LIST} 200`]: async () => {
      const order = newOrder();
      await payments.pay({ key: 'listed', body: order });
      return await payments.get(`/v1/payments?orderId=${order.orderId}`);
    },
    [`${ONE} 200`]: async () =>
      await payments.get(`/v1/payments/${await paid()}`, await payments.token(`user-${keys}`)),
    [`${WEBHOOK} 200`]: () => tellOf(unknownId),
  };

  const documented = () =>
    Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).flatMap(([method, { responses }]) =>
        Object.entries(responses).flatMap(([status, { content }]) => {
          const codes = Object.keys(content?.['application/problem+json']?.examples ?? {});
          const name = `${method} ${path} ${status}`;
          return codes.length > 0 ? codes.map((code) => `${name} ${code}`) : [name];
        }),
      ),
    );
  const responseOf = (name: string): Documented => {
    const [method = '', path = '', status = ''] = name.split(' ');
    const response = document.paths[path]?.[method]?.responses[status];
    if (!response) throw new Error(`${name} is not documented`);
    return response;
  };
  const expectSchema = (schema: object, body: unknown) => {
    const reference = JSON.stringify(schema).replaceAll('#/components', 'document#/components');
    const isValid = ajv.compile(JSON.parse(reference) as object);
    isValid(body);
    expect(isValid.errors).toBeNull();
  };
  const expectHeaders = (response: Response, { headers = {} }: Documented, optional: string[]) => {
    const sent = Object.keys(headers).filter((name) => response.headers.has(name));
    expect([...sent, ...optional]).toEqual(expect.arrayContaining(Object.keys(headers)));
  };

  it('names every answer that is tested here, and no other', () => {
    const tested = [...Object.keys(PROBLEMS), ...Object.keys(SUCCESSES)];
    expect(documented().sort()).toEqual(tested.sort());
    const codes = new Set(Object.keys(PROBLEMS).map((name) => name.split(' ').at(-1)));
    expect([...codes]).toEqual(expect.arrayContaining(Object.keys(PAYMENTS_ERRORS)));
  });

  it.each(Object.keys(PROBLEMS))('says what is sent, to the word: %s', async (name) => {
    const [, , status, code = ''] = name.split(' ');
    const response = await PROBLEMS[name]!();
    const description = responseOf(name);
    const content = description.content!['application/problem+json']!;
    expect(response.status).toBe(Number(status));
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json(;|$)/);
    const body = (await response.json()) as Record<string, unknown>;
    const example = content.examples?.[code]?.value as Record<string, unknown>;
    const { type, title, status: itsStatus, detail } = example;
    expect(body).toMatchObject({ type, title, status: itsStatus, detail });
    expect(Object.keys(body)).toEqual(Object.keys(example));
    expectSchema(content.schema, body);
    // One status may stand for several problems, each with headers of its own.
    const others = ['Location', 'Retry-After', 'Idempotent-Replayed'];
    const own = { order_already_paid: ['Location'], idempotency_in_flight: ['Retry-After'] };
    const optional = code in own ? others : ['Idempotent-Replayed'];
    expectHeaders(response, description, optional);
    for (const header of own[code as keyof typeof own] ?? []) {
      expect(response.headers.get(header)).not.toBeNull();
    }
  });

  it.each(Object.keys(SUCCESSES))('says what is sent: %s', async (name) => {
    const response = await SUCCESSES[name]!();
    expect(response.status).toBe(Number(name.split(' ')[2]));
    const description = responseOf(name);
    expectHeaders(response, description, ['Idempotent-Replayed']);
    const content = description.content?.['application/json'];
    if (content) expectSchema(content.schema, await response.json());
  });
});
