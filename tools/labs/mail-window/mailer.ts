import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PAYMENT_COMPLETED, PARTITIONS, type ConsumerName } from '@effectively-once/contracts';
import { endOffsets, type RecordProducer } from '@effectively-once/kafka';
import { freePort } from '@effectively-once/testing';
import { connectedProducer, createTopic } from '../../bench/delivery/produce.js';
import { rebuiltEvent } from '../../replay/from-payments/rebuilt-event.js';
import type { LabContext } from '../lab.js';
import { LabProcess } from '../process/lab-process.js';
import { SESSION_TIMEOUT_MS } from '../process/one-by-one.js';
import { untilCommitted } from '../process/until-committed.js';
import type { ExternalSystems } from './external-systems.js';
import { SlowLink } from './network/slow-link.js';
import { untilHealthy } from '../process/until-healthy.js';
import { Wiretap } from './network/wiretap.js';

/** `product` is the email service of this project; the others are in `handler.ts`. */
export type MailWay = 'product' | 'marker first' | 'fail open';

export interface HandlerSettings {
  way: MailWay;
  brokers: string[];
  topic: string;
  /** Its name is the group. */
  consumer: ConsumerName;
  redisUrl: string;
  smtpUrl: string;
}

const GROUPS: Record<MailWay, ConsumerName> = {
  product: 'email',
  'marker first': 'search',
  'fail open': 'loyalty',
};
const JOINED_WITHIN_MS = 60_000;
const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const LAB_TOKEN = 'token-of-the-lab';

/** A consumer that mails receipts, with its own network to Redis and to the mail provider. */
export class Mailer {
  /** What the present process sent. */
  tap = new Wiretap();
  private process: LabProcess | undefined;
  private readonly completedAt = new Date().toISOString();
  private readonly consumer: ConsumerName;
  private readonly failurePoints: string;

  private constructor(
    readonly way: MailWay,
    private readonly topic: string,
    private readonly context: LabContext,
    private readonly systems: ExternalSystems,
    private readonly producer: RecordProducer,
    readonly redis: SlowLink,
    readonly smtp: SlowLink,
  ) {
    this.consumer = GROUPS[way];
    this.failurePoints = join(context.folder, 'failure-points');
    mkdirSync(this.failurePoints, { recursive: true });
    redis.watch = () => this.tap.redis();
    smtp.watch = () => this.tap.smtp();
  }

  static async prepare(
    context: LabContext,
    systems: ExternalSystems,
    way: MailWay,
  ): Promise<Mailer> {
    const { brokers, redisUrl } = context;
    // The product reads this topic and no other one.
    const topic = way === 'product' ? PAYMENT_COMPLETED : `lab.mail.${crypto.randomUUID()}`;
    if (way !== 'product') await createTopic({ brokers, topic }, PARTITIONS);
    return new Mailer(
      way,
      topic,
      context,
      systems,
      await connectedProducer(brokers),
      await SlowLink.open(Number(new URL(redisUrl).port)),
      await SlowLink.open(systems.smtpPort),
    );
  }

  set delayMs(delayMs: number) {
    this.redis.delayMs = delayMs;
    this.smtp.delayMs = delayMs;
  }

  /** Starts a new process, watched by a new wiretap. Resolves when it has joined its group. */
  async start(): Promise<void> {
    this.tap = new Wiretap();
    const { folder, signal } = this.context;
    const options = { logFile: join(folder, `${GROUPS[this.way]}.log`), signal };
    if (this.way === 'product') {
      const port = await freePort();
      this.process = new LabProcess({ app: 'email', env: this.productEnv(port) }, {}, options);
      await untilHealthy(`http://127.0.0.1:${port}`, this.process);
    } else {
      this.process = new LabProcess('labs/mail-window/handler', this.handlerSettings(), options);
      await this.process.next('joined', JOINED_WITHIN_MS);
    }
  }

  /** Each payment is of its own user, so no receipt waits for another one. */
  async publish(paymentIds: readonly string[]): Promise<void> {
    const events = paymentIds.map((paymentId) =>
      rebuiltEvent({
        paymentId,
        orderId: paymentId,
        userId: `lab-${paymentId}`,
        amountMinor: 1_299,
        currency: 'EUR',
        completedAt: this.completedAt,
        paymentVersion: 1,
        traceparent: TRACEPARENT,
      }),
    );
    await this.producer.sendAll(this.topic, events);
  }

  /** Until its group has committed everything in the topic. */
  async untilDrained(): Promise<void> {
    const { topic, context, process } = this;
    if (!process) throw new Error('no process was started');
    const at = { brokers: context.brokers, topic };
    const ends = await endOffsets({ ...at, clientId: 'lab', topics: [topic] });
    const count = [...(ends.get(topic)?.values() ?? [])].reduce((sum, end) => sum + Number(end), 0);
    await untilCommitted(at, this.consumer, { count, member: process });
  }

  async kill(): Promise<void> {
    await this.process?.kill();
  }

  /** The product kills itself when it reaches this failure point next. Resolves when it is dead. */
  async dieAt(point: string): Promise<void> {
    writeFileSync(join(this.failurePoints, `${this.consumer}.${point}`), '');
    await this.process?.ended;
  }

  async close(): Promise<void> {
    await this.process?.leave();
    await this.producer.disconnect();
    this.redis.close();
    this.smtp.close();
  }

  private productEnv(port: number): Record<string, string> {
    const { brokers } = this.context;
    return {
      NODE_ENV: 'development',
      EMAIL_PORT: String(port),
      KAFKA_BROKERS: brokers.join(),
      KAFKA_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
      FAILURE_POINTS: this.failurePoints,
      REDIS_URL: this.urlOf('redis'),
      SMTP_URL: this.urlOf('smtp'),
      MAIL_PROVIDER_URL: this.systems.url,
      PAYMENTS_URL: this.systems.paymentsUrl,
      SERVICE_TOKEN: LAB_TOKEN,
      CONSUMER_STATE_TOKEN: LAB_TOKEN,
    };
  }

  private handlerSettings(): HandlerSettings {
    const { way, topic, consumer, context } = this;
    const { brokers } = context;
    const urls = { redisUrl: this.urlOf('redis'), smtpUrl: this.urlOf('smtp') };
    return { way, brokers, topic, consumer, ...urls };
  }

  private urlOf(link: 'redis' | 'smtp'): string {
    return `${link}://127.0.0.1:${this[link].port}`;
  }
}
