import { TcpProxy, waitUntil } from '@effectively-once/testing';
import { paymentOf } from '../testing/answers.js';
import { newOrder, PaymentsUnderTest } from '../testing/payments-under-test.js';

const CONNECTIONS = 20;

/** A firewall has forgotten the open connections to the PSP. New connections work. */
describe('half-dead connections to the PSP', () => {
  let payments: PaymentsUnderTest;
  let proxy: TcpProxy;
  beforeAll(async () => {
    payments = await PaymentsUnderTest.start(
      // Long enough for all connections to open while the PSP answers none of them.
      { PSP_TIMEOUT_MS: '2000' },
      async (url) => url,
      async (url) => {
        const { hostname: host, port } = new URL(url);
        proxy = await TcpProxy.listen({ port: 0, to: { host, port: Number(port) } });
        return `http://127.0.0.1:${proxy.port}`;
      },
    );
  }, 30_000);
  afterAll(async () => {
    await proxy.refuse();
    await payments.stop();
  });

  it('cost one checkout a 202, not one checkout for each connection', async () => {
    let tell: () => void = () => undefined;
    payments.psp.told = new Promise((resolve) => (tell = resolve));
    payments.psp.script.push(
      ...Array<'charge_then_answer_when_told'>(CONNECTIONS).fill('charge_then_answer_when_told'),
    );
    const captured = payments.psp.captures.length;
    const paying = Array.from({ length: CONNECTIONS }, (_, n) =>
      payments.pay({ key: `first-${n}`, body: newOrder() }),
    );
    await waitUntil(
      'every connection to be open',
      () => payments.psp.captures.length - captured === CONNECTIONS || undefined,
    );
    tell();
    expect(new Set((await Promise.all(paying)).map(({ status }) => status))).toEqual(
      new Set([201]),
    );

    await proxy.swallow();
    const unknown = await payments.pay({ key: 'half-dead', body: newOrder() });
    expect(unknown.status).toBe(202);
    for (let n = 0; n < CONNECTIONS; n += 1) {
      expect((await payments.pay({ key: `after-${n}`, body: newOrder() })).status).toBe(201);
    }
    const path = unknown.headers.get('location') ?? '';
    await waitUntil(
      'the completer to finalize the first',
      async () => (await paymentOf(await payments.get(path))).status === 'COMPLETED' || undefined,
    );
    expect(payments.psp.captures.filter(({ paymentId }) => path.endsWith(paymentId))).toHaveLength(
      1,
    );
  });
});
