import type { PaymentCompleted } from '@effectively-once/contracts';
import type { Recipient } from './servers/recipients.js';

const FROM = 'Effectively Once <receipts@effectively-once.example>';

/** The receipt for nodemailer: one address, and a Message-ID that is equal for all attempts. */
export function receiptMail(event: PaymentCompleted, recipient: Recipient, messageId: string) {
  const amount = formatAmount(event, recipient.locale);
  return {
    from: FROM,
    to: recipient.receiptEmail,
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

/** Formats minor units: 1299 EUR is €12.99, 1299 JPY is ¥1,299. */
function formatAmount(
  { amountMinor, currency }: Pick<PaymentCompleted, 'amountMinor' | 'currency'>,
  locale: string,
): string {
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amountMinor / 10 ** digits);
}
