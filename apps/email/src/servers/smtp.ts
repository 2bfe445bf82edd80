import { createTransport, type SentMessageInfo, type Transporter } from 'nodemailer';
import { SMTP_CONNECTIONS_MAX, SMTP_TIMEOUT_MS } from '../config.js';

export const SMTP = Symbol('SMTP');
export type Smtp = Transporter<SentMessageInfo>;

// Connecting takes longer than sending a mail, so one connection sends many mails.
const MAILS_PER_CONNECTION_MAX = 1_000;
const CONNECT_TIMEOUT_MS = 3_000;

/** Pooled connections to the mail provider. They never resend a mail on their own. */
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
