import { formatMoney, usableLocale, type PaymentCompleted } from '@effectively-once/contracts';
import type { Recipient } from './servers/recipients.js';

const FROM = 'Effectively Once <receipts@effectively-once.example>';

/** The receipt for nodemailer: one address, and a Message-ID that is equal for all attempts. */
export function receiptMail(event: PaymentCompleted, recipient: Recipient, messageId: string) {
  const { amountMinor, currency } = event;
  const amount = formatMoney(String(amountMinor), currency, usableLocale(recipient.locale));
  return {
    from: FROM,
    // Not as text, in which a comma would begin a second address.
    to: { name: '', address: recipient.receiptEmail },
    subject: `Your receipt for order ${event.orderId}`,
    messageId,
    date: new Date(event.completedAt),
    text: [
      `We received your payment of ${amount}.`,
      '',
      `Order:   ${event.orderId}`,
      `Payment: ${event.paymentId}`,
      `Paid at: ${event.completedAt}`,
      ...(event.pspReference ? [`Charge:  ${event.pspReference}`] : []),
      '',
      'If this receipt reaches you twice, you were still charged once.',
    ].join('\n'),
  };
}
