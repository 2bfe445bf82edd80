import { join } from 'node:path';
import { PAYMENT_COMPLETED, PARTITIONS, type ConsumerName } from '@effectively-once/contracts';
import type { RecordProducer } from '@effectively-once/kafka';
import { connectedProducer, createTopic } from '../../bench/delivery/produce.js';
import type { LabContext } from '../lab.js';
import { LabProcess } from '../process/lab-process.js';
import { completedPayments } from '../process/product/completed-payments.js';
import type { ExternalSystems } from '../process/product/external-systems.js';
import { ProductConsumer } from '../process/product/product-consumer.js';
import { untilAllCommitted } from '../process/until-committed.js';
import { SlowLink } from './network/slow-link.js';
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

/** A consumer that mails receipts, with its own network to Redis and to the mail provider. */
export class Mailer {
  /** What the present process sent. */
  tap = new Wiretap();
  private handler: LabProcess | undefined;
  private readonly completedAt = new Date().toISOString();
  private readonly consumer: ConsumerName;
  private readonly email: ProductConsumer;

  private constructor(
    readonly way: MailWay,
    private readonly topic: string,
    private readonly context: LabContext,
    systems: ExternalSystems,
    private readonly producer: RecordProducer,
    readonly redis: SlowLink,
    readonly smtp: SlowLink,
  ) {
    this.consumer = GROUPS[way];
    this.email = new ProductConsumer('email', context, {
      ...this.urls,
      mailProviderUrl: systems.url,
      paymentsUrl: systems.paymentsUrl,
    });
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
    if (this.way === 'product') return await this.email.start();
    const { folder, signal } = this.context;
    const options = { logFile: join(folder, `${this.consumer}.log`), signal };
    this.handler = new LabProcess('labs/mail-window/handler', this.handlerSettings(), options);
    await this.handler.next('joined', JOINED_WITHIN_MS);
  }

  async publish(paymentIds: readonly string[]): Promise<void> {
    await this.producer.sendAll(this.topic, completedPayments(paymentIds, this.completedAt));
  }

  /** Until its group has committed everything in the topic. */
  async untilDrained(): Promise<void> {
    const at = { brokers: this.context.brokers, topic: this.topic };
    await untilAllCommitted(at, this.consumer, this.handler ?? this.email.process);
  }

  async kill(): Promise<void> {
    await this.handler?.kill();
    await this.email.kill();
  }

  /** The product kills itself when it reaches this failure point next. Resolves when it is dead. */
  async dieAt(point: string): Promise<void> {
    this.email.dieAtNext(point);
    await this.email.process.ended;
  }

  async close(): Promise<void> {
    await this.handler?.leave();
    await this.email.leave();
    await this.producer.disconnect();
    this.redis.close();
    this.smtp.close();
  }

  private handlerSettings(): HandlerSettings {
    const { way, topic, consumer, context } = this;
    return { way, brokers: context.brokers, topic, consumer, ...this.urls };
  }

  private get urls(): { redisUrl: string; smtpUrl: string } {
    const at = (protocol: string, { port }: SlowLink) => `${protocol}://127.0.0.1:${port}`;
    return { redisUrl: at('redis', this.redis), smtpUrl: at('smtp', this.smtp) };
  }
}
