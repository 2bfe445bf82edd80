import { DependencyDown, PermanentFailure, RefusedForNow } from '@effectively-once/delivery';

/** The content went out and no answer came back: the provider may have accepted it. */
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

/** Nothing was sent: the provider fell silent, or hung up, before the content was asked for. */
class BrokenOff extends Error {
  override readonly name = 'BrokenOff';
  readonly code: string;
  constructor(cause: SmtpError) {
    super('the mail provider broke off', { cause });
    this.code = cause.code ?? 'unknown';
  }
}

/** What nodemailer rejects with. */
export interface SmtpError extends Error {
  code?: string;
  /** The SMTP command that failed. */
  command?: string;
  /** The system's code, where `code` says which step failed. */
  originalCode?: string;
  /** Which of nodemailer's timeouts it was. */
  timeoutType?: 'CONNECT_TIMEOUT' | 'GREETING_TIMEOUT' | 'SOCKET_TIMEOUT';
  /** The server's reply; absent when it gave none. */
  responseCode?: number;
}

/**
 * A mail can only be out if its content began to flow and no reply refused it. Replies: RFC 5321 §4.2.1,
 * 4xx may pass, 5xx will not.
 */
export function asFailure(error: SmtpError, contentStarted: boolean): Error {
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
  // nodemailer itself would not put this address, or this message, on the wire.
  if (isAboutThisMail(error)) {
    return new PermanentFailure('RecipientRefused', 'the address cannot be mailed to');
  }
  return hadConnected(error) ? new BrokenOff(error) : new DependencyDown('smtp', { cause: error });
}

// The greeting, the login and the sender are the same for every mail: who refuses those refuses us.
function isAboutThisMail({ code, command, responseCode }: SmtpError): boolean {
  if (command === 'MAIL FROM' && (responseCode ?? 0) >= 500) return false;
  return code === 'EENVELOPE' || code === 'EMESSAGE';
}

// A provider that hangs up on one mail is not down. One that hangs up on everybody is found out by
// how many it does it to.
function hadConnected({ code, originalCode, timeoutType }: SmtpError): boolean {
  return (
    // EABORT: our own limit for the whole mail. ECONNECTION: closed without a word.
    code === 'EABORT' ||
    code === 'ECONNECTION' ||
    timeoutType === 'SOCKET_TIMEOUT' ||
    originalCode === 'ECONNRESET' ||
    originalCode === 'EPIPE'
  );
}
