import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConsumerName } from '@effectively-once/contracts';
import { freePort } from '@effectively-once/testing';
import type { LabContext } from '../../lab.js';
import { LabProcess } from '../lab-process.js';
import { SESSION_TIMEOUT_MS } from '../one-by-one.js';
import { untilHealthy } from '../until-healthy.js';

const LAB_TOKEN = 'token-of-the-lab';
const LAB_JWT_SECRET = 'a secret of the lab, at least 32 characters';

/** The addresses of its stores; each consumer reads only its own. */
export interface ProductAddresses {
  redisUrl?: string;
  smtpUrl?: string;
  mailProviderUrl?: string;
  paymentsUrl?: string;
  loyaltyDatabaseUrl?: string;
  elasticsearchUrl?: string;
}

/** A consumer of this project as it is, as a process of a lab. It reads `payment.completed`. */
export class ProductConsumer {
  private running: LabProcess | undefined;
  private readonly failurePoints: string;

  constructor(
    readonly name: ConsumerName,
    private readonly context: Pick<LabContext, 'brokers' | 'folder' | 'signal'>,
    private readonly at: ProductAddresses,
  ) {
    this.failurePoints = join(context.folder, 'failure-points');
    mkdirSync(this.failurePoints, { recursive: true });
  }

  /** Starts a new process. Resolves when it has joined its group. */
  async start(): Promise<void> {
    const { name, context } = this;
    const port = await freePort();
    const logFile = join(context.folder, `${name}.log`);
    const options = { logFile, signal: context.signal };
    this.running = new LabProcess({ app: name, env: this.environment(port) }, {}, options);
    await untilHealthy(`http://127.0.0.1:${port}`, this.running);
  }

  /** @throws Error if it was not started. */
  get process(): LabProcess {
    if (!this.running) throw new Error(`${this.name} was not started`);
    return this.running;
  }

  /** It kills itself when a record reaches this failure point next. */
  dieAtNext(point: string): void {
    writeFileSync(join(this.failurePoints, `${this.name}.${point}`), '');
  }

  async kill(): Promise<void> {
    await this.running?.kill();
  }

  async leave(): Promise<void> {
    await this.running?.leave();
  }

  private environment(port: number): Record<string, string> {
    const { at } = this;
    const all: Record<string, string | undefined> = {
      NODE_ENV: 'development',
      [`${this.name.toUpperCase()}_PORT`]: String(port),
      KAFKA_BROKERS: this.context.brokers.join(),
      KAFKA_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
      FAILURE_POINTS: this.failurePoints,
      REDIS_URL: at.redisUrl,
      SMTP_URL: at.smtpUrl,
      MAIL_PROVIDER_URL: at.mailProviderUrl,
      PAYMENTS_URL: at.paymentsUrl,
      LOYALTY_DATABASE_URL: at.loyaltyDatabaseUrl,
      ELASTICSEARCH_URL: at.elasticsearchUrl,
      SERVICE_TOKEN: LAB_TOKEN,
      CONSUMER_STATE_TOKEN: LAB_TOKEN,
      AUTH_JWT_SECRET: LAB_JWT_SECRET,
    };
    return Object.fromEntries(
      Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
  }
}
