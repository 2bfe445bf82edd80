import { createTransport, type SentMessageInfo, type Transporter } from 'nodemailer';
import { SMTP_CONNECTIONS_MAX, SMTP_TIMEOUT_MS } from './config.js';

export const SMTP = Symbol('SMTP');
export type Smtp = Transporter<SentMessageInfo>;

// Connecting takes longer than a mail, so a connection is for many.
const MAILS_PER_CONNECTION_MAX = 1_000;
const CONNECT_TIMEOUT_MS = 3_000;

/** A pooled connection to the mail provider that never sends anything twice of its own accord. */
export function connectSmtp(url: string): Smtp {
  return createTransport({
    url,
    pool: true,
    maxConnections: SMTP_CONNECTIONS_MAX,
    maxMessages: MAILS_PER_CONNECTION_MAX,
    maxRequeues: 0,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SMTP_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}
