import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { waitUntil } from '@effectively-once/testing';
import Stripe from 'stripe';
import { ThirdParties, WEBHOOK_SECRET } from '../third-parties.fixture.js';

/** A webhook endpoint that collects events. `take` waits for the next one. */
class Endpoint {
  private readonly received: { body: string; signature: string }[] = [];
  private wake: () => void = () => {};
  /** The status of every answer. Or the endpoint cuts the connection, or never answers. */
  status: number | 'cut' | 'hang' = 200;
  private constructor(private readonly server: Server) {}

  static async listen(): Promise<Endpoint> {
    const server = createServer();
    const endpoint = new Endpoint(server);
    server.on('request', (request, response) => {
      void text(request).then((body) => {
        endpoint.received.push({ body, signature: String(request.headers['stripe-signature']) });
        if (endpoint.status === 'cut') request.socket.destroy();
        else if (endpoint.status !== 'hang') response.writeHead(endpoint.status).end('{}');
        endpoint.wake();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return endpoint;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1/psp/webhooks`;
  }

  async take(): Promise<Stripe.Event> {
    for (;;) {
      const next = this.received.shift();
      if (next) return Stripe.webhooks.constructEvent(next.body, next.signature, WEBHOOK_SECRET);
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  async connections(): Promise<number> {
    return await promisify(this.server.getConnections.bind(this.server))();
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

describe("the PSP's webhooks", () => {
  let endpoint: Endpoint;
  let thirdParties: ThirdParties;

  beforeAll(async () => {
    endpoint = await Endpoint.listen();
    thirdParties = await ThirdParties.start({ webhookUrl: endpoint.url });
  });
  afterEach(async () => await thirdParties.clearFaults());
  afterAll(async () => {
    await thirdParties.stop();
    endpoint.close();
  });

  async function pay(
    paymentMethod = 'pm_card_visa',
    timeoutMs = 10_000,
    idempotencyKey: string = randomUUID(),
  ) {
    return await thirdParties.stripe({ timeoutMs }).paymentIntents.create(
      {
        amount: 1299,
        currency: 'eur',
        payment_method: paymentMethod,
        confirm: true,
        metadata: { paymentId: 'p-1' },
      },
      { idempotencyKey },
    );
  }

  it('report a charge, with a signature that the official SDK accepts', async () => {
    const intent = await pay();
    expect(await endpoint.take()).toMatchObject({
      type: 'payment_intent.succeeded',
      data: { object: { id: intent.id, metadata: { paymentId: 'p-1' } } },
    });
  });

  it('report a charge once, also if its request is repeated', async () => {
    const first = await pay('pm_card_visa', 10_000, 'repeated');
    expect((await endpoint.take()).data.object).toMatchObject({ id: first.id });
    await pay('pm_card_visa', 10_000, 'repeated');
    const next = await pay();
    expect((await endpoint.take()).data.object).toMatchObject({ id: next.id });
  });

  it('report a decline', async () => {
    await pay('pm_card_visa_chargeDeclined').catch(() => undefined);
    expect(await endpoint.take()).toMatchObject({ type: 'payment_intent.payment_failed' });
  });

  it.each([
    ['answers with an error', 500],
    ['redirects', 302],
    ['cuts the connection', 'cut'],
  ] as const)('are sent again if the endpoint %s', async (_, status) => {
    endpoint.status = status;
    await pay();
    const first = await endpoint.take();
    endpoint.status = 200;
    expect((await endpoint.take()).id).toBe(first.id);
  });

  it('share one connection', async () => {
    const before = await endpoint.connections();
    for (let payment = 0; payment < 3; payment++) {
      await pay();
      await endpoint.take();
    }
    expect(await endpoint.connections()).toBeLessThanOrEqual(Math.max(before, 1));
  });

  it('end when the PSP is stopped, also one that gets no answer', async () => {
    const silent = await Endpoint.listen();
    silent.status = 'hang';
    const stopped = await ThirdParties.start({ webhookUrl: silent.url });
    await stopped.stripe().paymentIntents.create({
      amount: 1299,
      currency: 'eur',
      payment_method: 'pm_card_visa',
      confirm: true,
    });
    await silent.take();
    await stopped.stop();
    await waitUntil('the connection to end', async () => (await silent.connections()) === 0);
    silent.close();
  });

  it('are sent twice with one id while the fault is on', async () => {
    await thirdParties.fault({ target: 'psp', kind: 'double_webhook', times: 1 });
    await pay();
    const first = await endpoint.take();
    expect((await endpoint.take()).id).toBe(first.id);
  });

  it('are overtaken by the next event if the PSP hangs after the charge', async () => {
    await thirdParties.fault({ target: 'psp', kind: 'charge_then_hang', times: 1 });
    await expect(pay('pm_card_visa', 250)).rejects.toThrow();
    const prompt = await pay();
    expect((await endpoint.take()).data.object).toMatchObject({ id: prompt.id });
  });

  it('are overtaken by the next event while a fault delays them', async () => {
    await thirdParties.fault({ target: 'psp', kind: 'late_webhook', times: 1, delayMs: 2_000 });
    const late = await pay();
    const prompt = await pay();
    expect((await endpoint.take()).data.object).toMatchObject({ id: prompt.id });
    expect((await endpoint.take()).data.object).toMatchObject({ id: late.id });
  });
});
