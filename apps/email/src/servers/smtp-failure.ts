import { DependencyDown, PermanentFailure, RefusedForNow } from '@effectively-once/delivery';

/** The content was sent and no reply came: the mail provider may have accepted it. */
export class MaybeSent extends Error {
  override readonly name = 'MaybeSent';
  readonly code: string;
  constructor(cause: SmtpError) {
    super('the mail provider did not answer', { cause });
    this.code = cause.code ?? 'unknown';
  }
}

/** Nothing was sent: by now another delivery may have taken the claim over. */
export class LeaseTooShort extends Error {
  override readonly name = 'LeaseTooShort';
  constructor(options?: ErrorOptions) {
    super('too little of the lease is left to send', options);
  }
}

/** Nothing was sent: the provider stopped answering, or closed, before it asked for content. */
class BrokenOff extends Error {
  override readonly name = 'BrokenOff';
  readonly code: string;
  constructor(cause: SmtpError) {
    super('the mail provider broke off', { cause });
    this.code = cause.code ?? 'unknown';
  }
}

/** The errors of nodemailer. */
export interface SmtpError extends Error {
  code?: string;
  /** The SMTP command that failed. */
  command?: string;
  /** The system's code, where `code` says which step failed. */
  originalCode?: string;
  /** Which of nodemailer's timeouts it was. */
  timeoutType?: 'CONNECT_TIMEOUT' | 'GREETING_TIMEOUT' | 'SOCKET_TIMEOUT';
  /** The reply code; absent if the server gave no reply. */
  responseCode?: number;
  /** The reply: its code, an enhanced status code (RFC 2034) if the server has one, and text. */
  response?: string;
}

/**
 * Classifies an error of nodemailer. Without a reply after the content was started, the server may
 * have accepted the mail. An error reply (RFC 5321 §4.2.1: 4xx transient, 5xx permanent) means that
 * it did not.
 */
export function smtpFailure(error: SmtpError, contentStarted: boolean): Error {
  const reply = error.responseCode;
  if (reply === undefined) return contentStarted ? new MaybeSent(error) : notSent(error);
  const blames = blamedBy(error);
  if (blames === 'server') return new DependencyDown('smtp', { cause: error });
  if (reply < 500) return new RefusedForNow('smtp', reply, { cause: error, blames });
  return error.code === 'EENVELOPE'
    ? new PermanentFailure('RecipientRefused', `the address was refused with ${reply}`, { blames })
    : new PermanentFailure('MessageRefused', `the message was refused with ${reply}`, { blames });
}

/*
 * RFC 3463, section 3: the enhanced status code says what was refused: `class.subject.detail`. The
 * first row that matches `subject.detail` decides. Detail lists:
 * https://www.iana.org/assignments/smtp-enhanced-status-codes
 */
const ENHANCED: [subjectAndDetail: RegExp, blames: 'server' | 'record' | 'unknown'][] = [
  [/^1\.[78]$/, 'server'], // our sender address is bad: the same for every mail
  [/^1\./, 'record'], // the recipient's address
  [/^2\./, 'record'], // the recipient's mailbox: full, disabled, too long a message for it
  [/^3\.4$/, 'record'], // this message is too big for the system
  [/^3\./, 'server'], // mail system status: full, not accepting, misconfigured
  [/^4\./, 'server'], // network and routing
  [/^6\./, 'record'], // the content of this message
  // 0 other, 5 protocol, 7 security or policy: one recipient, or a block of everything we send.
];

function blamedBy(error: SmtpError): 'server' | 'record' | 'unknown' {
  const { responseCode = 0, response = '', command } = error;
  // 421: the provider closes the channel for every mail (RFC 5321 §3.8).
  if (responseCode === 421 || !isAboutOneMail(error)) return 'server';
  const enhanced = /^\d{3}[ -]\d\.(\d{1,3}\.\d{1,3})\b/.exec(response)?.[1];
  const row = ENHANCED.find(([pattern]) => pattern.test(enhanced ?? ''));
  if (row) return row[1];
  // The sender address is the same for every mail.
  return command === 'MAIL FROM' && responseCode >= 500 ? 'server' : 'unknown';
}

function notSent(error: SmtpError): Error {
  if (error instanceof LeaseTooShort || error.code === 'ESTREAM') {
    return new LeaseTooShort({ cause: error });
  }
  // nodemailer itself refused to send to this address, or to send this message.
  if (isAboutOneMail(error)) {
    return new PermanentFailure('RecipientRefused', 'the address cannot be mailed to');
  }
  return hadConnected(error) ? new BrokenOff(error) : new DependencyDown('smtp', { cause: error });
}

// Greeting and login are the same for every mail.
function isAboutOneMail({ code }: SmtpError): boolean {
  return code === 'EENVELOPE' || code === 'EMESSAGE';
}

// A provider that closes the connection of one mail is not down. If it closes many, the circuit
// breaker counts users and opens.
function hadConnected({ code, originalCode, timeoutType }: SmtpError): boolean {
  return (
    // EABORT: our own time limit for the whole mail. ECONNECTION: closed without a reply.
    code === 'EABORT' ||
    code === 'ECONNECTION' ||
    timeoutType === 'SOCKET_TIMEOUT' ||
    originalCode === 'ECONNRESET' ||
    originalCode === 'EPIPE'
  );
}
