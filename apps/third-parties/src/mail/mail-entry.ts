/** A mail the provider took responsibility for: it answered 250, or withheld that answer on request. */
export interface MailEntry {
  /** As in the header, angle brackets included. */
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

/** A Message-ID is the same with or without its angle brackets; URLs often carry it without. */
export function withBrackets(messageId: string): string {
  return messageId.startsWith('<') ? messageId : `<${messageId}>`;
}
