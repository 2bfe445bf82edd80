import { createTransport, type SentMessageInfo, type Transporter } from 'nodemailer';
import { SMTP_TIMEOUT_MS } from './config.js';

export const SMTP = Symbol('SMTP');
export type Smtp = Transporter<SentMessageInfo>;

const CONNECTIONS_MAX = 8;
const CONNECT_TIMEOUT_MS = 3_000;

/** A pooled connection to the mail provider that never sends anything twice of its own accord. */
export function connectSmtp(url: string): Smtp {
  return createTransport({
    url,
    pool: true,
    maxConnections: CONNECTIONS_MAX,
    maxRequeues: 0,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SMTP_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}
