import { killedBy, type Mutant } from '../mutant.js';

const refunds = killedBy('apps/payments/src/recovery/refunds.int.spec.ts');
const closed = killedBy('apps/payments/src/recovery/closed-refunds.int.spec.ts');
const events = killedBy('apps/payments/src/recovery/psp-events.int.spec.ts');
const source = (name: string) => `apps/payments/src/${name}.ts`;

/** Money that goes back reaches the customer once, and nothing that the PSP says is lost. */
export const REVERSALS_MUTANTS: readonly Mutant[] = [
  {
    mutation: 'refunds: the state of a repeated answer counts, although the refund came back',
    file: source('psp/psp-reversals'),
    text: `if (status === 'failed' || status === 'canceled') return { id, status: 'gone' };`,
    replacement: `if (status === 'failed' || status === 'canceled') return { id, status: 'succeeded' };`,
    test: refunds(
      'whose refund came back (refund.failed, failed after succeeded) is owed again, and refunded with another key',
    ),
  },
  {
    mutation: 'refunds: the next refund has the key of the one that came back',
    file: source('recovery/refunds'),
    text: 'return lastGone ? `${first}-after-${lastGone.id}` : first;',
    replacement: 'return lastGone ? first : first;',
    test: refunds(
      'whose refund came back (refund.failed, failed after succeeded) is owed again, and refunded with another key',
    ),
  },
  {
    mutation: 'refunds: one that an operator has closed is asked for again',
    file: source('recovery/refunds.sql'),
    text: `WHEN $2::text = 'owed' AND closed_at IS NOT NULL THEN 'paid_otherwise' ELSE $2::text END`,
    replacement: 'WHEN false THEN NULL ELSE $2::text END',
    test: closed(
      'a refund that was paid in another way is closed on record, and asked for no more',
    ),
  },
  {
    mutation: 'refunds: one is closed while a refund lives at the PSP',
    file: source('recovery/refunds'),
    text: `if (known.some(({ status }) => status !== 'gone')) return 'refund_lives';`,
    replacement: '',
    test: closed(
      'nothing is closed while a refund lives at the PSP, or while the PSP does not answer',
    ),
  },
  {
    mutation: 'refunds: a second capture of one payment has the key of the first',
    file: source('recovery/refunds'),
    text: 'const first = `refund-${paymentId}${isSecond ?',
    replacement: 'const first = `refund-${paymentId}${isSecond && paymentId === "" ?',
    test: refunds('of one payment with another such capture is refunded too'),
  },
  {
    mutation: 'refunds: one that has succeeded is never looked up again',
    file: source('recovery/refunds.sql'),
    text: `ELSE now() + interval '1 day' END`,
    replacement: `ELSE 'infinity' END`,
    test: refunds(
      'whose refund came back without a webhook is found by the daily look, for 30 days',
    ),
  },
  {
    mutation: 'webhooks: an event that payments does not know is answered and forgotten',
    file: source('recovery/webhook.controller'),
    text: 'else if (await this.events.keep(event))',
    replacement: 'else if (event.id === "")',
    test: events(
      'of a type that payments does not know is counted and kept once, without its content',
    ),
  },
];
