import type { Server } from 'node:net';
import type { Logger } from '@effectively-once/platform';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import type { FaultSwitches } from '../faults.js';
import type { Journal } from '../journal/journal.js';
import { paymentIdOf, withBrackets, type MailEntry } from './mail-entry.js';
import { headerOf, readHeaders } from './mail-headers.js';

const MESSAGE_MAX_BYTES = 1024 * 1024;
const CLIENTS_MAX = 1_000;
// Longer than any client waits, so that a withheld answer ends in the timeout of the client.
const SOCKET_TIMEOUT_MS = 600_000;

export interface SmtpOptions {
  journal: Journal<MailEntry>;
  faults: FaultSwitches;
  logger: Logger;
  now: () => Date;
}

/**
 * The SMTP server of the mail provider. It accepts the same Message-ID any number of times, because
 * real providers do not deduplicate. So the journal shows each duplicate mail.
 */
export function createSmtpServer({ journal, faults, logger, now }: SmtpOptions): Server {
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    maxClients: CLIENTS_MAX,
    size: MESSAGE_MAX_BYTES,
    socketTimeout: SOCKET_TIMEOUT_MS,

    // 421 closes the channel (RFC 5321 §3.8), for new and for pooled connections.
    onConnect: (_session, answer) => answer(closing()),
    onMailFrom: (_address, _session, answer) => answer(closing()),

    onRcptTo: ({ address }, _session, answer) => {
      const permanent = faults.take('smtp', '550', [address]);
      if (permanent) return answer(refusal(permanent.code ?? '550 5.1.1'));
      const transient = faults.take('smtp', '451', [address]);
      if (transient) return answer(refusal(transient.code ?? '451'));
      const slow = faults.take('smtp', 'slow', [address]);
      if (slow) setTimeout(answer, slow.delayMs).unref();
      else answer();
    },

    onData: (stream, session, answer) => {
      accept(stream, session).then(
        () => {
          // The mail is accepted and on disk. The fault only decides if the client gets the 250.
          const isWithheld = faults.take('smtp', 'hang_after_data', recipients(session));
          if (!isWithheld) answer();
        },
        (error: Error) => {
          logger.error({ err: error }, 'a mail was not accepted');
          answer(reply(stream.sizeExceeded ? 552 : 451, 'Not accepted'));
        },
      );
    },
  });
  // A client may close its connection at any time. That is no error of this server.
  smtp.on('error', (error: Error) => logger.debug({ err: error }, 'an SMTP connection failed'));
  return smtp.server;

  function closing() {
    const fault = faults.take('smtp', '421');
    return fault && refusal(fault.code ?? '421');
  }

  async function accept(stream: SMTPServerDataStream, session: SMTPServerSession) {
    const headers = await readHeaders(stream);
    if (stream.sizeExceeded) throw new Error('the mail is too large');
    const named = headerOf(headers, 'message-id');
    const messageId = named ? withBrackets(named) : '';
    await journal.append({
      messageId,
      to: recipients(session).join(', '),
      subject: headerOf(headers, 'subject') ?? '',
      paymentId: paymentIdOf(messageId),
      at: now().toISOString(),
    });
  }
}

function recipients(session: SMTPServerSession): string[] {
  return session.envelope.rcptTo.map(({ address }) => address);
}

/** @param code a reply code, with an enhanced status code (RFC 3463) or without: `550 5.1.1`. */
function refusal(code: string): Error {
  const [replyCode, ...enhanced] = code.split(' ');
  return reply(Number(replyCode), [...enhanced, 'Refused by an injected fault'].join(' '));
}

function reply(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
}
