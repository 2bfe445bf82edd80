import { waitUntil } from '@effectively-once/testing';
import { createTransport } from 'nodemailer';
import { ThirdParties } from '../third-parties.fixture.js';

describe('the mail provider', () => {
  let thirdParties: ThirdParties;
  let payments = 0;
  let messageId: string;

  beforeAll(async () => {
    thirdParties = await ThirdParties.start();
  });
  beforeEach(() => {
    messageId = `<payment-${++payments}.receipt@effectively-once.example>`;
  });
  afterEach(async () => await thirdParties.clearFaults());
  afterAll(async () => await thirdParties.stop());

  async function mail(options: { to?: string; timeoutMs?: number } = {}) {
    const transport = createTransport({
      host: '127.0.0.1',
      port: thirdParties.smtpPort,
      secure: false,
      ignoreTLS: true,
      socketTimeout: options.timeoutMs ?? 10_000,
    });
    try {
      return await transport.sendMail({
        from: 'receipts@effectively-once.example',
        to: options.to ?? 'alice@example.com',
        subject: 'Your receipt',
        text: 'Thank you.',
        messageId,
      });
    } finally {
      transport.close();
    }
  }
  const mails = async () =>
    await thirdParties.journal(`mails?messageId=${encodeURIComponent(messageId)}`);
  const message = async () =>
    await thirdParties.get(`/v1/messages?messageId=${encodeURIComponent(messageId)}`);

  it('has a mail in its journal before it answers 250', async () => {
    await mail();
    const mailed = {
      messageId,
      to: 'alice@example.com',
      subject: 'Your receipt',
      paymentId: `payment-${payments}`,
      at: expect.any(String),
    };
    expect(await mails()).toEqual([mailed]);
    expect(await thirdParties.journal(`mails?paymentId=payment-${payments}`)).toEqual([mailed]);
    expect(await thirdParties.journal('mails?address=ALICE@example.com')).toContainEqual(mailed);
    expect(await thirdParties.journal('mails?address=bob@example.com')).toEqual([]);
  });

  it('reports if it accepted a message, and accepts the same one twice', async () => {
    expect(await message()).toEqual({
      messageId,
      accepted: false,
      acceptedAt: null,
      timesAccepted: 0,
    });
    await mail();
    await mail();
    expect(await message()).toMatchObject({ accepted: true, timesAccepted: 2 });
    const bare = messageId.slice(1, -1);
    expect(await thirdParties.get(`/v1/messages?messageId=${bare}`)).toEqual(await message());
  });

  it.each([
    ['421', 421],
    ['451', 451],
  ])('answers %s to every client when the fault is on', async (kind, responseCode) => {
    await thirdParties.fault({ target: 'smtp', kind, times: 1 });
    await expect(mail()).rejects.toMatchObject({ responseCode });
    expect(await mails()).toEqual([]);
    await mail();
    expect(await mails()).toHaveLength(1);
  });

  describe('with a pooled connection', () => {
    function pool() {
      return createTransport({
        host: '127.0.0.1',
        port: thirdParties.smtpPort,
        secure: false,
        ignoreTLS: true,
        pool: true,
        maxConnections: 1,
        // With requeues, the pool would send the mail again and hide the failure from the test.
        maxRequeues: 0,
      });
    }
    type Pool = ReturnType<typeof pool>;
    const send = async (transport: Pool) =>
      await transport.sendMail({
        from: 'receipts@effectively-once.example',
        to: 'alice@example.com',
        text: 'Thank you.',
        messageId,
      });

    it.each([
      ['421', { target: 'smtp', kind: '421' }],
      ['a closed port', { target: 'smtp', kind: 'refuse' }],
    ])('ends it with %s, and accepts mail again afterwards', async (_what, fault) => {
      const transport = pool();
      await send(transport);
      await thirdParties.fault(fault);
      await expect(send(transport)).rejects.toThrow();
      await thirdParties.clearFaults();
      await send(transport);
      transport.close();
      expect(await mails()).toHaveLength(2);
    });
  });

  it('answers 550 for one address and accepts mail to others', async () => {
    await thirdParties.fault({ target: 'smtp', kind: '550', address: 'bob@example.com' });
    await expect(mail({ to: 'bob@example.com' })).rejects.toMatchObject({
      responseCode: 550,
      response: expect.stringMatching(/^550 5\.1\.1 /) as string,
    });
    await mail({ to: 'carol@example.com' });
    expect(await mails()).toMatchObject([{ to: 'carol@example.com' }]);
  });

  it('answers with the reply and the enhanced status code that the fault names', async () => {
    await thirdParties.fault({ target: 'smtp', kind: '550', code: '554 5.7.1', times: 1 });
    await expect(mail()).rejects.toMatchObject({
      responseCode: 554,
      response: expect.stringMatching(/^554 5\.7\.1 /) as string,
    });
  });

  it('opens its port again when the fault that closed it expires', async () => {
    await thirdParties.fault({ target: 'smtp', kind: 'refuse', seconds: 0.2 });
    await expect(mail()).rejects.toThrow();
    await waitUntil(
      'the port to open',
      async () =>
        await mail().then(
          () => true,
          () => false,
        ),
    );
  });

  it('accepts a mail and sends no 250 when it hangs after DATA', async () => {
    await thirdParties.fault({ target: 'smtp', kind: 'hang_after_data', times: 1 });
    await expect(mail({ timeoutMs: 250 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await thirdParties.journalHolding(`mails?messageId=${encodeURIComponent(messageId)}`);
    expect(await message()).toMatchObject({ accepted: true, timesAccepted: 1 });
  });

  it('does not accept a mail if the client times out before DATA', async () => {
    await thirdParties.fault({ target: 'smtp', kind: 'slow', delayMs: 60_000, times: 1 });
    await expect(mail({ timeoutMs: 250 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(await message()).toMatchObject({ accepted: false });
  });

  it('refuses connections, and accepts them again after the fault is deleted', async () => {
    await thirdParties.fault({ target: 'smtp', kind: 'refuse' });
    await expect(mail()).rejects.toMatchObject({ code: 'ESOCKET', errno: expect.any(Number) });
    await thirdParties.clearFaults();
    await mail();
    expect(await mails()).toHaveLength(1);
  });
});
