import { TcpProxy, waitUntil } from '@effectively-once/testing';
import { DataSource } from 'typeorm';
import { paymentsDataSource, pool } from './database.js';
import { paymentOf, problemOf } from '../testing/answers.js';
import { newOrder, PaymentsUnderTest } from '../testing/payments-under-test.js';

// The timeout of a connection plus the timeout of a statement.
const ANSWERED_WITHIN_MS = 12_000;
const SCRAPE_TIMEOUT_MS = 4_000;
const GOES_ON_WITHIN_MS = 30_000;

/** Frozen by SIGSTOP, or behind a network that drops packets: it neither refuses nor answers. */
describe('a database that hangs', () => {
  let proxy: TcpProxy;
  let payments: PaymentsUnderTest;
  let detour: URL;
  beforeAll(async () => {
    payments = await PaymentsUnderTest.start({}, async (url) => {
      const { hostname: host, port } = new URL(url);
      proxy = await TcpProxy.listen({ port: 0, to: { host, port: Number(port) } });
      detour = new URL(url);
      detour.host = `127.0.0.1:${proxy.port}`;
      return detour.href;
    });
  }, 30_000);
  afterEach(async () => await proxy.heal());
  afterAll(async () => {
    await payments.stop();
    await proxy.refuse();
  });

  /** Opens connections first, so that statements hang, and not only new connections. */
  async function hang(): Promise<void> {
    const connections = pool(payments.app.get(DataSource));
    await Promise.all(Array.from({ length: 10 }, () => connections.query('SELECT pg_sleep(0.2)')));
    await proxy.hang();
  }

  const charges = (paymentId: string) =>
    payments.psp.captures.filter((capture) => capture.paymentId === paymentId);

  async function inTime<Answer>(asked: Promise<Answer>, withinMs = ANSWERED_WITHIN_MS) {
    const startedMs = performance.now();
    const answer = await asked;
    expect(performance.now() - startedMs).toBeLessThan(withinMs);
    return answer;
  }

  /** Repeats the request with the same key, as the 503 says, until it is paid. */
  const paidWith = async (key: string, body: object) =>
    await waitUntil('the key to be answered', async () => {
      const response = await payments.pay({ key, body });
      return response.status === 201 ? await paymentOf(response) : undefined;
    });

  it('is a 503 to a checkout; its claim may arrive late, and is charged once', async () => {
    const body = newOrder();
    await hang();
    const answer = await inTime(payments.pay({ key: 'hung-claim', body }));
    expect(answer.status).toBe(503);
    expect((await problemOf(answer)).code).toBe('temporarily_unavailable');

    expect(await payments.count('payments')).toBe(0);
    await proxy.heal();
    await waitUntil(
      'the late claim',
      async () => (await payments.count('payments')) === 1 || undefined,
    );
    const { id } = await paidWith('hung-claim', body);
    expect(charges(id)).toHaveLength(1);
    expect(await payments.count('payments')).toBe(1);
    expect(await payments.count('outbox')).toBe(1);
  });

  it('is a 503 to a checkout that was charged; it is finalized late, once, and the key replays it', async () => {
    const body = newOrder();
    let tell: () => void = () => undefined;
    payments.psp.told = new Promise((resolve) => (tell = resolve));
    payments.psp.script.push('charge_then_answer_when_told');
    const captured = payments.psp.captures.length;
    const asked = payments.pay({ key: 'hung-finalize', body });
    await waitUntil('the charge', () => payments.psp.captures.length > captured || undefined);
    await hang();
    tell();
    const answer = await inTime(asked);
    expect(answer.status).toBe(503);
    expect((await problemOf(answer)).code).toBe('temporarily_unavailable');

    await proxy.heal();
    const { id } = await paidWith('hung-finalize', body);
    expect(charges(id)).toHaveLength(1);
    const { rowCount: events } = await payments.database.admin.query(
      'SELECT FROM payments.outbox WHERE subject = $1',
      [id],
    );
    expect(events).toBe(1);
  });

  it('is a 503 to a reader', async () => {
    await hang();
    const answer = await inTime(payments.get(`/v1/payments/${crypto.randomUUID()}`));
    expect(answer.status).toBe(503);
  });

  // The next statement would wait behind the one that was never answered.
  it('has no connection reused on which it stopped answering', async () => {
    const alone = await paymentsDataSource({ url: detour.href, poolMax: 1 }).initialize();
    try {
      for (const query of [
        (sql: string) => alone.query<unknown>(sql),
        (sql: string) => pool(alone).query(sql),
      ]) {
        await query('SELECT 1');
        await proxy.hang();
        await expect(query('SELECT 1')).rejects.toThrow('Query read timeout');
        expect(pool(alone).totalCount).toBe(0);
        await proxy.heal();
      }
      await expect(alone.query('SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
    } finally {
      await alone.destroy();
    }
  });

  it('open connections swallow every byte, new ones work: payments goes on over new ones', async () => {
    const connections = pool(payments.app.get(DataSource));
    await Promise.all(Array.from({ length: 10 }, () => connections.query('SELECT pg_sleep(0.2)')));
    expect(connections.totalCount).toBe(10);
    await proxy.swallow();
    // Readiness does not depend on the connections of the pool.
    expect((await fetch(`${payments.url}/health/ready`)).status).toBe(200);
    const startedMs = performance.now();
    const { id } = await paidWith('half-dead', newOrder());
    expect(performance.now() - startedMs).toBeLessThan(GOES_ON_WITHIN_MS);
    expect(charges(id)).toHaveLength(1);
    for (let n = 0; n < 10; n += 1) {
      const answer = await payments.pay({ key: `half-dead-${n}`, body: newOrder() });
      expect(answer.status).toBe(201);
    }
  });

  it('hides no other metric, and its own are absent, not old', async () => {
    const url = `${payments.url}/metrics`;
    await expect(fetch(url).then((response) => response.text())).resolves.toMatch(
      /^payments_unsettled\{/m,
    );
    await hang();
    const shown = await inTime(
      fetch(url).then((response) => response.text()),
      SCRAPE_TIMEOUT_MS,
    );
    expect(shown).toMatch(/^process_cpu_seconds_total /m);
    expect(shown).toMatch(/^db_pool_connections\{.*state="waiting"/m);
    expect(shown).not.toMatch(/^payments_unsettled/m);
  });
});
