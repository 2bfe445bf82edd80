import { DependencyDown, PermanentFailure } from '@effectively-once/delivery';
import { aPayment } from '@effectively-once/delivery/testing';
import type { SMTPServerOptions } from 'smtp-server';
import type { Claim } from './receipt-claims.js';
import { MaybeSent } from './servers/smtp-failure.js';
import { PretendedProvider, sendReceiptTo } from './testing/pretended-provider.js';

const payment = aPayment();

let provider: PretendedProvider | undefined;

/** A SendReceipt connected to a provider that behaves as told. */
async function connected(options?: SMTPServerOptions) {
  provider = await PretendedProvider.start(options);
  return { provider, ...provider.sendReceipt() };
}

afterEach(async () => await provider?.stop());

const claim = (leaseLeftMs = 15_000): Claim => ({
  key: 'k',
  token: 't',
  messageId: '<m@example>',
  leaseLeftMs: () => leaseLeftMs,
});

const refusal = (responseCode: number) => Object.assign(new Error('no'), { responseCode });

it('mails the receipt under the Message-ID of the claim', async () => {
  const { sendReceipt, provider } = await connected();
  await sendReceipt.run(payment, claim());
  expect(provider.accepted).toHaveLength(1);
  expect(provider.accepted[0]).toContain('Message-ID: <m@example>');
  expect(provider.accepted[0]).toContain('To: alice@example.com');
  expect(provider.accepted[0]).toContain('12.99');
});

it('sends no content when too little of the lease is left, and says that nothing was sent', async () => {
  const { sendReceipt, provider } = await connected();
  const failure = await sendReceipt.run(payment, claim(100)).catch((error: unknown) => error);
  expect(failure).toMatchObject({ name: 'LeaseTooShort' });
  expect(failure).not.toBeInstanceOf(MaybeSent);
  expect(provider.accepted).toEqual([]);
});

it('does not know whether it was sent when the answer to the content is cut off', async () => {
  const { sendReceipt } = await connected({
    onData: (stream, session) => {
      stream.resume();
      stream.on('end', () => provider?.hangUp(session));
    },
  });
  await expect(sendReceipt.run(payment, claim())).rejects.toBeInstanceOf(MaybeSent);
});

it('an address refused for good is a permanent failure', async () => {
  const { sendReceipt } = await connected({ onRcptTo: (_, __, answer) => answer(refusal(550)) });
  await expect(sendReceipt.run(payment, claim())).rejects.toBeInstanceOf(PermanentFailure);
});

it('an address refused for now is tried again', async () => {
  const { sendReceipt } = await connected({ onRcptTo: (_, __, answer) => answer(refusal(451)) });
  await expect(sendReceipt.run(payment, claim())).rejects.toMatchObject({
    name: 'RefusedForNow',
    code: '451',
  });
});

it('a provider that hangs up on one user is not down; one that hangs up on three is', async () => {
  const { sendReceipt, circuits } = await connected({ onRcptTo: () => provider?.hangUp() });
  const to = async (userId: string) =>
    await sendReceipt.run({ ...payment, userId }, claim()).catch((error: Error) => error.name);
  await expect(to('alice')).resolves.toBe('BrokenOff');
  await expect(to('alice')).resolves.toBe('BrokenOff');
  await expect(to('bob')).resolves.toBe('BrokenOff');
  expect(circuits.smtp.reading).toBe('closed');
  await expect(to('carol')).resolves.toBe('BrokenOff');
  expect(circuits.smtp.reading).toBe('open');
  await expect(to('dave')).resolves.toBe('DependencyDown');
});

it('a sender refused for good is no fault of the receipt', async () => {
  const { sendReceipt } = await connected({ onMailFrom: (_, __, answer) => answer(refusal(550)) });
  await expect(sendReceipt.run(payment, claim())).rejects.toBeInstanceOf(DependencyDown);
});

it('content refused with a reply was not sent', async () => {
  const { sendReceipt } = await connected({
    onData: (stream, _, answer) => {
      stream.resume();
      stream.on('end', () => answer(refusal(554)));
    },
  });
  await expect(sendReceipt.run(payment, claim())).rejects.toMatchObject({ code: 'MessageRefused' });
});

it('a provider that says goodbye, or is not there, is down', async () => {
  const { sendReceipt } = await connected({ onMailFrom: (_, __, answer) => answer(refusal(421)) });
  await expect(sendReceipt.run(payment, claim())).rejects.toBeInstanceOf(DependencyDown);
  const nobody = sendReceiptTo('smtp://127.0.0.1:1');
  await expect(nobody.sendReceipt.run(payment, claim())).rejects.toMatchObject({
    name: 'DependencyDown',
    dependency: 'smtp',
  });
  nobody.close();
});

it('as many mails are under way at once as a slow provider needs to keep up', async () => {
  let underWay = 0;
  let mostUnderWay = 0;
  const letGo: (() => void)[] = [];
  const { sendReceipt } = await connected({
    onRcptTo: (_, __, answer) => {
      underWay += 1;
      mostUnderWay = Math.max(mostUnderWay, underWay);
      letGo.push(() => {
        underWay -= 1;
        answer();
      });
      // 1,150 mails a second at 20 ms each are 23 at once.
      if (underWay === 23) letGo.splice(0).forEach((go) => go());
    },
  });
  await Promise.all(Array.from({ length: 23 }, () => sendReceipt.run(payment, claim())));
  expect(mostUnderWay).toBe(23);
});
