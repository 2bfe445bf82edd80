import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { freePort } from '@effectively-once/testing';
import type { LabContext } from '../../lab.js';
import { LabProcess } from '../lab-process.js';
import { untilHealthy } from '../until-healthy.js';

const UNREACHED = 'http://127.0.0.1:9';

export interface Mail {
  paymentId: string | null;
  at: string;
}

/**
 * The simulated mail provider as its own process, and a payments service that knows an address for
 * each payment. The journal of the provider is what the lab counts.
 */
export class ExternalSystems {
  private constructor(
    private readonly process: LabProcess,
    private readonly payments: Server,
    readonly url: string,
    readonly smtpPort: number,
  ) {}

  static async start({ folder, signal }: LabContext): Promise<ExternalSystems> {
    const [port, pspPort, smtpPort] = [await freePort(), await freePort(), await freePort()];
    const journals = join(folder, 'journals');
    mkdirSync(journals, { recursive: true });
    const env = {
      NODE_ENV: 'development',
      THIRD_PARTIES_PORT: String(port),
      PSP_PORT: String(pspPort),
      SMTP_PORT: String(smtpPort),
      JOURNAL_DIR: journals,
      PSP_SECRET_KEY: 'sk_test_lab',
      PSP_WEBHOOK_SECRET: 'whsec_lab',
      PAYMENTS_WEBHOOK_URL: UNREACHED,
    };
    const logFile = join(folder, 'third-parties.log');
    const started = new LabProcess({ app: 'third-parties', env }, {}, { logFile, signal });
    const payments = await paymentsStandIn();
    const url = `http://127.0.0.1:${port}`;
    const systems = new ExternalSystems(started, payments, url, smtpPort);
    try {
      await untilHealthy(url, started);
      return systems;
    } catch (error) {
      await systems.stop();
      throw error;
    }
  }

  get smtpUrl(): string {
    return `smtp://127.0.0.1:${this.smtpPort}`;
  }

  get paymentsUrl(): string {
    return `http://127.0.0.1:${(this.payments.address() as AddressInfo).port}`;
  }

  /** Every mail that the provider accepted, oldest first. */
  async mails(): Promise<Mail[]> {
    const answer = await fetch(`${this.url}/_journal/mails`);
    return ((await answer.json()) as { entries: Mail[] }).entries;
  }

  async stop(): Promise<void> {
    await this.process.leave();
    this.payments.closeAllConnections();
    this.payments.close();
  }
}

/** Answers with an address for every payment, as payments does (`/internal/recipients`). */
async function paymentsStandIn(): Promise<Server> {
  const recipient = { userId: 'lab', receiptEmail: 'lab@example.com', locale: 'en' };
  const server = createServer((request, response) => {
    const answer = async () => {
      const { ids = [] } = request.method === 'POST' ? await idsOf(request) : {};
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ results: ids.map((id) => ({ id, recipient })) }));
    };
    answer().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const idsOf = async (request: NodeJS.ReadableStream) => (await json(request)) as { ids?: string[] };
