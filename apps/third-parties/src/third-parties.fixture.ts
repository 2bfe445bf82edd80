import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp, createLogger } from '@effectively-once/platform';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import Stripe from 'stripe';
import { AppModule } from './app.module.js';
import { Listeners } from './listeners.js';

export const SECRET_KEY = 'sk_test_fixture';
export const WEBHOOK_SECRET = 'whsec_fixture';
const NOWHERE = 'http://127.0.0.1:9/';

/** The whole app in this process, on free ports and with its own journals. */
export class ThirdParties {
  private constructor(
    private readonly app: NestFastifyApplication,
    readonly url: string,
    private readonly folder: string,
    private readonly webhookUrl: string,
  ) {}

  static async start(options: { webhookUrl?: string; folder?: string } = {}) {
    const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'third-parties-')));
    const webhookUrl = options.webhookUrl ?? NOWHERE;
    const logger = createLogger('third-parties-under-test');
    logger.level = 'silent';
    const config = {
      PSP_PORT: 0,
      SMTP_PORT: 0,
      JOURNAL_DIR: folder,
      PSP_SECRET_KEY: SECRET_KEY,
      PSP_WEBHOOK_SECRET: WEBHOOK_SECRET,
      PAYMENTS_WEBHOOK_URL: webhookUrl,
    };
    const app = await createApp({ module: AppModule.register(config, logger), logger });
    await app.listen(0, '127.0.0.1');
    return new ThirdParties(app, await app.getUrl(), folder, webhookUrl);
  }

  get smtpPort(): number {
    return this.app.get(Listeners).smtp.port;
  }

  stripe(options: { secretKey?: string; timeoutMs?: number } = {}): Stripe {
    return new Stripe(options.secretKey ?? SECRET_KEY, {
      protocol: 'http',
      host: '127.0.0.1',
      port: this.app.get(Listeners).psp.port,
      maxNetworkRetries: 0,
      timeout: options.timeoutMs ?? 10_000,
      telemetry: false,
    });
  }

  async fault(fault: object): Promise<void> {
    const response = await this.post('/_faults', fault);
    if (response.status !== 201) throw new Error(await response.text());
  }

  async clearFaults(): Promise<void> {
    await fetch(`${this.url}/_faults`, { method: 'DELETE' });
  }

  async post(path: string, body: object): Promise<Response> {
    return await fetch(this.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  async get(path: string): Promise<unknown> {
    return await (await fetch(this.url + path)).json();
  }

  async journal(name: string): Promise<Record<string, unknown>[]> {
    const { entries } = (await this.get(`/_journal/${name}`)) as {
      entries: Record<string, unknown>[];
    };
    return entries;
  }

  /** Waits for an entry: the client may have timed out before the PSP wrote it. */
  async journalHolding(name: string): Promise<Record<string, unknown>[]> {
    for (;;) {
      const entries = await this.journal(name);
      if (entries.length > 0) return entries;
    }
  }

  /** Simulates a new process with the same journals: everything that was only in memory is lost. */
  async restart(): Promise<ThirdParties> {
    await this.app.close();
    return await ThirdParties.start({ folder: this.folder, webhookUrl: this.webhookUrl });
  }

  async stop(): Promise<void> {
    await this.app.close();
    await rm(this.folder, { recursive: true });
  }
}
