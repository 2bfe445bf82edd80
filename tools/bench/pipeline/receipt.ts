/** What the event says, in the raw chain and in the tutorial. */
export interface PipelineEvent {
  paymentId: string;
  orderId: string;
  userId: string;
  amountMinor: number;
  currency: string;
  completedAt: string;
}

const MINOR_UNITS_PER_POINT = 100;

/** One point for each euro, as loyalty awards them. The benchmarks pay in no other currency. */
export const pointsOf = ({ amountMinor }: Pick<PipelineEvent, 'amountMinor'>): number =>
  Math.floor(amountMinor / MINOR_UNITS_PER_POINT);

/**
 * A receipt of about the size of ours. The mail provider's journal reads the payment from the
 * Message-ID, so that the mails of all contestants are counted in the same way.
 */
export const plainReceipt = (event: PipelineEvent, to: string) => ({
  from: 'Shop <receipts@shop.example>',
  to,
  subject: `Your receipt for order ${event.orderId}`,
  messageId: `<${event.paymentId}.receipt@shop.example>`,
  text: [
    `We received your payment of ${event.currency} ${(event.amountMinor / 100).toFixed(2)}.`,
    '',
    `Order:   ${event.orderId}`,
    `Payment: ${event.paymentId}`,
    `Paid at: ${event.completedAt}`,
  ].join('\n'),
});

/** The document of one payment, with the fields of ours. */
export const documentFor = (event: PipelineEvent) => ({
  paymentId: event.paymentId,
  orderId: event.orderId,
  userId: event.userId,
  status: 'COMPLETED',
  amountMinor: event.amountMinor,
  currency: event.currency,
  completedAt: event.completedAt,
  paymentVersion: 2,
});
