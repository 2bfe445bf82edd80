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
}

/**
 * Classifies an error of nodemailer. The mail may have been accepted only if its content was
 * started and no reply refused it. Replies: RFC 5321 §4.2.1, 4xx is transient, 5xx is permanent.
 */
export function smtpFailure(error: SmtpError, contentStarted: boolean): Error {
  const reply = error.responseCode;
  if (reply === undefined) return contentStarted ? new MaybeSent(error) : notSent(error);
  if (reply === 421 || !isAboutThisMail(error)) {
    return new DependencyDown('smtp', { cause: error });
  }
  if (reply < 500) return new RefusedForNow('smtp', reply, { cause: error });
  return error.code === 'EENVELOPE'
    ? new PermanentFailure('RecipientRefused', `the address was refused with ${reply}`)
    : new PermanentFailure('MessageRefused', `the message was refused with ${reply}`);
}

function notSent(error: SmtpError): Error {
  if (error instanceof LeaseTooShort || error.code === 'ESTREAM') {
    return new LeaseTooShort({ cause: error });
  }
  // nodemailer itself refused to send to this address, or to send this message.
  if (isAboutThisMail(error)) {
    return new PermanentFailure('RecipientRefused', 'the address cannot be mailed to');
  }
  return hadConnected(error) ? new BrokenOff(error) : new DependencyDown('smtp', { cause: error });
}

// Greeting, login and sender are the same for every mail: a refusal of them is about all mails.
function isAboutThisMail({ code, command, responseCode }: SmtpError): boolean {
  if (command === 'MAIL FROM' && (responseCode ?? 0) >= 500) return false;
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
