import { CONSUMERS, PAYMENT_COMPLETED, type ConsumerName } from '@effectively-once/contracts';
import type { RecordProducer } from '@effectively-once/kafka';
import { pollUntil } from '@effectively-once/timing';
import { Redis } from 'ioredis';
import { connectedProducer } from '../../../bench/delivery/produce.js';
import type { LabContext } from '../../lab.js';
import { completedPayments } from '../../process/product/completed-payments.js';
import { ageRedis, endLeases } from '../../process/product/redis-of-email.js';
import { ExternalSystems } from '../../process/product/external-systems.js';
import { ProductConsumer } from '../../process/product/product-consumer.js';
import { settleAll } from '../../process/settle-all.js';
import { untilAllCommitted } from '../../process/until-committed.js';
import { EffectStores, type Effects } from './effect-stores.js';
import type { ProductKill } from './product-kills.js';

export type { Effects };

/** A start of Node, the session of the dead member (6 s), and a busy machine. */
const WITHIN_MS = 90_000;
const POLL_MS = 100;

/** Email, loyalty and search with their stores, and the systems outside that they talk to. */
export class ProductUnderKill {
  private readonly completedAt = new Date().toISOString();

  private constructor(
    private readonly context: LabContext,
    private readonly systems: ExternalSystems,
    private readonly stores: EffectStores,
    private readonly redis: Redis,
    private readonly producer: RecordProducer,
    private readonly consumers: readonly ProductConsumer[],
  ) {}

  static async start(context: LabContext): Promise<ProductUnderKill> {
    const { brokers, redisUrl, postgresUrl, elasticsearchUrl } = context;
    const loyalty = new URL(postgresUrl);
    loyalty.pathname = '/loyalty';
    const databases = { loyaltyDatabaseUrl: loyalty.href, elasticsearchUrl };
    const systems = await ExternalSystems.start(context);
    const { smtpUrl, url: mailProviderUrl, paymentsUrl } = systems;
    const at = { redisUrl, ...databases, smtpUrl, mailProviderUrl, paymentsUrl };
    const product = new ProductUnderKill(
      context,
      systems,
      await EffectStores.open(systems, databases),
      new Redis(redisUrl, { maxRetriesPerRequest: 1 }),
      await connectedProducer(brokers),
      CONSUMERS.map((name) => new ProductConsumer(name, context, at)),
    );
    try {
      await ageRedis(product.redis);
      await product.startConsumers();
      return product;
    } catch (error) {
      await product.stop();
      throw error;
    }
  }

  /** A part of the payments is done, then each consumer dies among the others, and starts again. */
  async killOnce({ share, points }: ProductKill, paymentIds: readonly string[]): Promise<void> {
    const before = paymentIds.slice(0, Math.floor(paymentIds.length * share));
    await this.publish(before);
    await Promise.all(this.consumers.map((consumer) => this.untilDone(consumer, before)));
    this.consumers.forEach((consumer) => consumer.dieAtNext(points[consumer.name]));
    await this.publish(paymentIds.slice(before.length));
    await Promise.all(
      this.consumers.map(({ name, process }) =>
        pollUntil(() => Promise.resolve(process.hasEnded), {
          everyMs: POLL_MS,
          timeoutMs: WITHIN_MS,
          timeoutMessage: () => `${name} did not reach ${points[name]}`,
        }),
      ),
    );
    await this.startConsumers();
    if (this.context.isSmall) await endLeases(this.redis, paymentIds);
  }

  async untilDrained(): Promise<void> {
    const at = { brokers: this.context.brokers, topic: PAYMENT_COMPLETED };
    await Promise.all(
      this.consumers.map(({ name, process }) => untilAllCommitted(at, name, process)),
    );
  }

  async effectsOf(name: ConsumerName, paymentIds: readonly string[]): Promise<Effects> {
    return await this.stores.of[name](paymentIds);
  }

  /** Payments whose mail email calls a possible duplicate (`email:maybe-duplicate`). */
  async declaredDuplicates(): Promise<ReadonlySet<string>> {
    const entries = await this.redis.xrange('email:maybe-duplicate', '-', '+');
    return new Set(entries.flatMap(([, fields]) => fields));
  }

  async stop(): Promise<void> {
    await settleAll(this.consumers.map((consumer) => consumer.leave()));
    await this.producer.disconnect();
    await this.stores.close();
    await this.redis.quit();
    await this.systems.stop();
  }

  private async startConsumers(): Promise<void> {
    await settleAll(this.consumers.map((consumer) => consumer.start()));
  }

  private async publish(paymentIds: readonly string[]): Promise<void> {
    const events = completedPayments(paymentIds, this.completedAt);
    await this.producer.sendAll(PAYMENT_COMPLETED, events);
  }

  private async untilDone(
    { name, process }: ProductConsumer,
    paymentIds: readonly string[],
  ): Promise<void> {
    const isDone = async () => {
      process.assertRuns();
      return (await this.effectsOf(name, paymentIds)).size === paymentIds.length;
    };
    await pollUntil(isDone, {
      everyMs: POLL_MS,
      timeoutMs: WITHIN_MS,
      timeoutMessage: () => `${name} is not done after ${WITHIN_MS / 1_000} s`,
    });
  }
}
