import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { DependencyDown, PermanentFailure } from '@effectively-once/delivery';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { EmailCircuits } from './circuits.js';
import type { Claim } from './receipt-claims.js';
import type { Recipients } from './recipients.js';
import { SendReceipt } from './send-receipt.js';
import { MaybeSent } from './smtp-failure.js';
import { connectSmtp, type Smtp } from './smtp.js';

const payment = {
  paymentId: '0198c0de-0000-7000-8000-000000000001',
  orderId: 'o-1',
  userId: 'alice',
  amountMinor: 1299,
  currency: 'EUR',
  completedAt: '2026-11-20T10:00:00.000Z',
  paymentVersion: 2,
};
const recipients = {
  of: async () => ({ userId: 'alice', receiptEmail: 'alice@example.com', locale: 'en' }),
} as unknown as Recipients;

let server: SMTPServer | undefined;
let smtp: Smtp | undefined;
let mails: string[];
const opened: EmailCircuits[] = [];

/** A provider that behaves as told, and a SendReceipt connected to it. */
async function provider(options: SMTPServerOptions = {}): Promise<SendReceipt> {
  mails = [];
  server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    closeTimeout: 0,
    onData: (stream, _, callback) => {
      let text = '';
      stream.on('data', (chunk) => (text += String(chunk)));
      stream.on('end', () => {
        mails.push(text);
        callback();
      });
    },
    ...options,
  });
  // A client that cuts the connection is one of the things tested here.
  server.on('error', () => undefined);
  const listener = server.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  smtp = connectSmtp(`smtp://127.0.0.1:${(listener.address() as AddressInfo).port}`);
  return sendReceiptBy(smtp);
}

function sendReceiptBy(transport: Smtp): SendReceipt {
  const works = { ping: async () => undefined as never };
  const circuits = new EmailCircuits({
    redis: works,
    recipients: works,
    provider: works,
    smtp: transport,
  });
  opened.push(circuits);
  return new SendReceipt(transport, recipients, circuits);
}

afterEach(async () => {
  opened.splice(0).forEach(({ all }) => all.forEach((circuit) => circuit.close()));
  smtp?.close();
  await new Promise<void>((resolve) => (server ? server.close(resolve) : resolve()));
  server = undefined;
});

const claim = (leaseLeftMs = 15_000): Claim => ({
  key: 'k',
  token: 't',
  messageId: '<m@example>',
  leaseLeftMs: () => leaseLeftMs,
});

// smtp-server's own name for a connection's socket.
const hangUp = (connection: object) =>
  (connection as { _socket: { destroy: () => void } })._socket.destroy();

const refusal = (responseCode: number) => Object.assign(new Error('no'), { responseCode });

it('mails the receipt under the Message-ID of the claim', async () => {
  const sendReceipt = await provider();
  await sendReceipt.run(payment, claim());
  expect(mails).toHaveLength(1);
  expect(mails[0]).toContain('Message-ID: <m@example>');
  expect(mails[0]).toContain('To: alice@example.com');
  expect(mails[0]).toContain('12.99');
});

it('sends no content when too little of the lease is left, and says that nothing was sent', async () => {
  const sendReceipt = await provider();
  const failure = await sendReceipt.run(payment, claim(100)).catch((error: unknown) => error);
  expect(failure).toMatchObject({ name: 'LeaseTooShort' });
  expect(failure).not.toBeInstanceOf(MaybeSent);
  expect(mails).toEqual([]);
});

it('does not know whether it was sent when the answer to the content is cut off', async () => {
  const sendReceipt = await provider({
    onData: (stream, session) => {
      stream.resume();
      stream.on('end', () =>
        [...(server?.connections ?? [])].filter(({ id }) => id === session.id).forEach(hangUp),
      );
    },
  });
  await expect(sendReceipt.run(payment, claim())).rejects.toBeInstanceOf(MaybeSent);
});

it('an address refused for good is a permanent failure', async () => {
  const sendReceipt = await provider({ onRcptTo: (_, __, callback) => callback(refusal(550)) });
  await expect(sendReceipt.run(payment, claim())).rejects.toBeInstanceOf(PermanentFailure);
});

it('an address refused for now is tried again', async () => {
  const sendReceipt = await provider({ onRcptTo: (_, __, callback) => callback(refusal(451)) });
  await expect(sendReceipt.run(payment, claim())).rejects.toMatchObject({
    name: 'RefusedForNow',
    code: '451',
  });
});

it('a provider that hangs up on one user is not down; one that hangs up on three is', async () => {
  const sendReceipt = await provider({
    onRcptTo: () => [...(server?.connections ?? [])].forEach(hangUp),
  });
  const [circuits] = opened;
  const to = async (userId: string) =>
    await sendReceipt.run({ ...payment, userId }, claim()).catch((error: Error) => error.name);
  await expect(to('alice')).resolves.toBe('BrokenOff');
  await expect(to('alice')).resolves.toBe('BrokenOff');
  await expect(to('bob')).resolves.toBe('BrokenOff');
  expect(circuits?.smtp.reading).toBe('closed');
  await expect(to('carol')).resolves.toBe('BrokenOff');
  expect(circuits?.smtp.reading).toBe('open');
  await expect(to('dave')).resolves.toBe('DependencyDown');
});

it('a sender refused for good is no fault of the receipt', async () => {
  const sendReceipt = await provider({ onMailFrom: (_, __, callback) => callback(refusal(550)) });
  await expect(sendReceipt.run(payment, claim())).rejects.toBeInstanceOf(DependencyDown);
});

it('content refused with a reply was not sent', async () => {
  const sendReceipt = await provider({
    onData: (stream, _, callback) => {
      stream.resume();
      stream.on('end', () => callback(refusal(554)));
    },
  });
  await expect(sendReceipt.run(payment, claim())).rejects.toMatchObject({ code: 'MessageRefused' });
});

it('a provider that says goodbye, or is not there, is down', async () => {
  const goodbye = await provider({ onMailFrom: (_, __, callback) => callback(refusal(421)) });
  await expect(goodbye.run(payment, claim())).rejects.toBeInstanceOf(DependencyDown);
  const nobody = connectSmtp('smtp://127.0.0.1:1');
  await expect(sendReceiptBy(nobody).run(payment, claim())).rejects.toMatchObject({
    dependency: 'smtp',
  });
  nobody.close();
});
