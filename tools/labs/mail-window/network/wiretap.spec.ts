import { stepTimes, Wiretap } from './wiretap.js';

const id = '0198c0de-0000-7000-8000-000000000001';
const key = `email:receipt:${id}`;

/** A command of Redis, as a client writes it. */
const command = (...words: string[]) =>
  `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
const claim = command(
  'evalsha',
  'c'.repeat(40),
  '2',
  key,
  'email:maybe-duplicate',
  'token',
  '15000',
);
const release = command('evalsha', 'r'.repeat(40), '1', key, 'token');
const marker = command('evalsha', 'm'.repeat(40), '1', key, 'token', `D:<${id}.receipt@x>:f`, '1');
const mail = `Message-ID: <${id}.receipt@x>\r\n\r\nWe received your payment.\r\n.\r\n`;

/** Each look at the clock is one later. */
function tapped() {
  let now = 0;
  return new Wiretap(() => (now += 1));
}

it('tells the claim, the end of the content and the marker of a receipt', () => {
  const tap = tapped();
  const [redis, smtp] = [tap.redis(), tap.smtp()];
  redis(claim);
  smtp('MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n');
  expect(tap.steps.get(id)).toEqual({ claimedMs: 1 });
  smtp(mail);
  redis(marker);
  expect(tap.steps.get(id)).toEqual({ claimedMs: 1, contentMs: 2, markedMs: 3 });
});

it('does not take a released claim for a marker', () => {
  const tap = tapped();
  const redis = tap.redis();
  redis(claim + release);
  expect(tap.steps.get(id)).toEqual({ claimedMs: 1 });
});

it.each([1, 7, 100])('understands messages in packets of %i bytes', (size) => {
  const tap = tapped();
  const [redis, smtp] = [tap.redis(), tap.smtp()];
  const packets = (text: string) => text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
  packets(claim).forEach(redis);
  packets(mail).forEach(smtp);
  packets(marker).forEach(redis);
  expect(tap.steps.get(id)).toEqual({ claimedMs: 1, contentMs: 2, markedMs: 3 });
});

it('a content without its end is not sent', () => {
  const tap = tapped();
  tap.smtp()(mail.slice(0, -3));
  expect(tap.steps.get(id)).toBeUndefined();
});

it('takes the medians of the receipts that reached a step', () => {
  const whole = { claimedMs: 10, contentMs: 12, markedMs: 15 };
  const killed = { claimedMs: 10, contentMs: 16 };
  expect(stepTimes([whole, killed, { claimedMs: 1 }, {}])).toEqual({ contentMs: 4, markedMs: 5 });
});
