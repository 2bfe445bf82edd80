import type { Redis } from 'ioredis';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { EmailCircuits } from '../servers/circuits.js';
import type { Recipient, Recipients } from '../servers/recipients.js';
import { SendReceipt } from '../send-receipt.js';
import { connectSmtp } from '../servers/smtp.js';

/** A mail provider with the behaviour of `options`. It keeps the mails that it accepted. */
export class FakeMailProvider {
  /** Whole mails with their headers, in the order of acceptance. */
  readonly accepted: string[] = [];
  private readonly server: SMTPServer;
  private readonly closers: (() => void)[] = [];
  private port = 0;

  private constructor(options: SMTPServerOptions) {
    this.server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      closeTimeout: 0,
      onData: (stream, _, callback) => {
        let text = '';
        stream.on('data', (chunk) => (text += String(chunk)));
        stream.on('end', () => {
          this.accepted.push(text);
          callback();
        });
      },
      ...options,
    });
    // Tests cut connections. Without a listener the 'error' event would end the process.
    this.server.on('error', () => undefined);
  }

  static async start(options: SMTPServerOptions = {}): Promise<FakeMailProvider> {
    const provider = new FakeMailProvider(options);
    const listener = provider.server.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    provider.port = (listener.address() as AddressInfo).port;
    return provider;
  }

  /** The SendReceipt of another process, with its own circuit breakers. */
  sendReceipt(recipient?: Partial<Recipient>): {
    sendReceipt: SendReceipt;
    circuits: EmailCircuits;
  } {
    const made = sendReceiptTo(`smtp://127.0.0.1:${this.port}`, recipient);
    this.closers.push(made.close);
    return made;
  }

  /** Cuts the connection of one session, or all connections. */
  hangUp(session?: { id: string }): void {
    for (const connection of this.server.connections) {
      // smtp-server's private fields for the id and the socket of a connection.
      const { id, _socket } = connection as unknown as {
        id: string;
        _socket: { destroy: () => void };
      };
      if (session === undefined || session.id === id) _socket.destroy();
    }
  }

  async stop(): Promise<void> {
    this.closers.forEach((close) => close());
    await new Promise<void>((resolve) => this.server.close(resolve));
  }
}

export function sendReceiptTo(smtpUrl: string, recipient: Partial<Recipient> = {}) {
  const smtp = connectSmtp(smtpUrl);
  const works = { ping: async () => undefined as never };
  const connection = {
    on: () => undefined,
    connect: async () => undefined,
    info: async () => 'maxmemory_policy:noeviction',
    set: async () => 'OK',
    disconnect: () => undefined,
  };
  const redis = { duplicate: () => connection as unknown as Redis };
  const circuits = new EmailCircuits(redis, works, works, smtp);
  const recipients = {
    of: async () => ({
      userId: 'alice',
      receiptEmail: 'alice@example.com',
      locale: 'en',
      ...recipient,
    }),
  } as unknown as Recipients;
  return {
    sendReceipt: new SendReceipt(smtp, recipients, circuits),
    circuits,
    close: () => {
      circuits.all.forEach((circuit) => circuit.close());
      smtp.close();
    },
  };
}
