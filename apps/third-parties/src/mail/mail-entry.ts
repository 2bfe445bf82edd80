/** A mail that the provider accepted: it answered 250, or a fault withheld that answer. */
export interface MailEntry {
  /** As in the header, with angle brackets. */
  messageId: string;
  /** The envelope's recipients, comma-separated. */
  to: string;
  subject: string;
  /** From a Message-ID `<paymentId.receipt@…>`; null for any other mail. */
  paymentId: string | null;
  at: string;
}

const RECEIPT_MESSAGE_ID = /^<([^@<>]+)\.receipt@[^@<>]+>$/;

export function paymentIdOf(messageId: string): string | null {
  return RECEIPT_MESSAGE_ID.exec(messageId)?.[1] ?? null;
}

/** A Message-ID is the same with and without its angle brackets. URLs often have none. */
export function withBrackets(messageId: string): string {
  return messageId.startsWith('<') ? messageId : `<${messageId}>`;
}
