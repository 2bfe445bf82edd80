import { DependencyDown, PermanentFailure } from '@effectively-once/delivery';
import { aPayment } from '@effectively-once/delivery/testing';
import type { SMTPServerOptions } from 'smtp-server';
import type { ReceiptClaim } from './receipt-claims.js';
import { MaybeSent } from './servers/smtp-failure.js';
import { FakeMailProvider, sendReceiptTo } from './testing/fake-mail-provider.js';

const payment = aPayment();

let provider: FakeMailProvider | undefined;

/** A SendReceipt that is connected to a provider with this behaviour. */
async function connected(options?: SMTPServerOptions) {
  provider = await FakeMailProvider.start(options);
  return { provider, ...provider.sendReceipt() };
}

afterEach(async () => await provider?.stop());

const claim = (leaseLeftMs = 15_000): ReceiptClaim => ({
  key: 'k',
  token: 't',
  messageId: '<m@example>',
  leaseLeftMs: () => leaseLeftMs,
  markersSinceMs: 0,
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

it.each(['de_DE', 'no locale'])('a stored locale %j costs no receipt', async (locale) => {
  const { provider } = await connected();
  await provider.sendReceipt({ locale }).sendReceipt.run(payment, claim());
  expect(provider.accepted[0]).toContain('12');
});

it.each(['r&d@example.com', "o'brien+tag@example.com", 'a@example.xn--p1ai'])(
  'mails to %s as it is',
  async (receiptEmail) => {
    const { provider } = await connected();
    await provider.sendReceipt({ receiptEmail }).sendReceipt.run(payment, claim());
    expect(provider.accepted[0]).toContain(`To: ${receiptEmail}\r\n`);
  },
);

it.each(['', 'a@example.com,b@example.com', 'a@example.com\r\nBcc: b@example.com', 'a\u0000@b.de'])(
  'a stored address %j is refused permanently, and no mail leaves',
  async (receiptEmail) => {
    const { provider } = await connected();
    const { sendReceipt } = provider.sendReceipt({ receiptEmail });
    // By email itself: another mail provider might accept it, and mail to two people.
    await expect(sendReceipt.run(payment, claim())).rejects.toMatchObject({
      code: 'RecipientRefused',
      message: 'the address cannot be mailed to',
    });
    expect(provider.accepted).toEqual([]);
  },
);

it('sends no content when too little of the lease is left, and reports that nothing was sent', async () => {
  const { sendReceipt, provider } = await connected();
  const failure = await sendReceipt.run(payment, claim(100)).catch((error: unknown) => error);
  expect(failure).toMatchObject({ name: 'LeaseTooShort' });
  expect(failure).not.toBeInstanceOf(MaybeSent);
  expect(provider.accepted).toEqual([]);
});

it('reports an unknown outcome when the reply to the content is lost', async () => {
  const { sendReceipt } = await connected({
    onData: (stream, session) => {
      stream.resume();
      stream.on('end', () => provider?.hangUp(session));
    },
  });
  await expect(sendReceipt.run(payment, claim())).rejects.toBeInstanceOf(MaybeSent);
});

it('an address refused with 550 is a permanent failure', async () => {
  const { sendReceipt } = await connected({ onRcptTo: (_, __, answer) => answer(refusal(550)) });
  await expect(sendReceipt.run(payment, claim())).rejects.toBeInstanceOf(PermanentFailure);
});

it('an address refused with 451 is retried', async () => {
  const { sendReceipt } = await connected({ onRcptTo: (_, __, answer) => answer(refusal(451)) });
  await expect(sendReceipt.run(payment, claim())).rejects.toMatchObject({
    name: 'RefusedForNow',
    code: '451',
  });
});

it('a provider that cuts the connection of one user is not down; of three users, it is', async () => {
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

it('a refused sender is a dependency that is down, not a bad receipt', async () => {
  const { sendReceipt } = await connected({ onMailFrom: (_, __, answer) => answer(refusal(550)) });
  await expect(sendReceipt.run(payment, claim())).rejects.toBeInstanceOf(DependencyDown);
});

it('content that the provider refuses with a reply was not sent', async () => {
  const { sendReceipt } = await connected({
    onData: (stream, _, answer) => {
      stream.resume();
      stream.on('end', () => answer(refusal(554)));
    },
  });
  await expect(sendReceipt.run(payment, claim())).rejects.toMatchObject({ code: 'MessageRefused' });
});

it('a provider that answers 421, or cannot be reached, is down', async () => {
  const { sendReceipt } = await connected({ onMailFrom: (_, __, answer) => answer(refusal(421)) });
  await expect(sendReceipt.run(payment, claim())).rejects.toBeInstanceOf(DependencyDown);
  const unreachable = sendReceiptTo('smtp://127.0.0.1:1');
  await expect(unreachable.sendReceipt.run(payment, claim())).rejects.toMatchObject({
    name: 'DependencyDown',
    dependency: 'smtp',
  });
  unreachable.close();
});

it('sends enough mails at once to keep up with a slow provider', async () => {
  let underWay = 0;
  let mostUnderWay = 0;
  const release: (() => void)[] = [];
  const { sendReceipt } = await connected({
    onRcptTo: (_, __, answer) => {
      underWay += 1;
      mostUnderWay = Math.max(mostUnderWay, underWay);
      release.push(() => {
        underWay -= 1;
        answer();
      });
      // 1,150 mails per second at 20 ms each need 23 at once.
      if (underWay === 23) release.splice(0).forEach((go) => go());
    },
  });
  await Promise.all(Array.from({ length: 23 }, () => sendReceipt.run(payment, claim())));
  expect(mostUnderWay).toBe(23);
});
