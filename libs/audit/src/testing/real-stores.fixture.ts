import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CE_HEADERS,
  CONSUMERS,
  PARTITIONS,
  PAYMENT_COMPLETED,
  type ConsumerName,
} from '@effectively-once/contracts';
import { partitionOf, RecordProducer } from '@effectively-once/kafka';
import { testAddresses } from '@effectively-once/testing';
import { Client as Elasticsearch } from '@elastic/elasticsearch';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import { Client } from 'pg';
import { sourcesOf } from '../stores/sources.js';
import type { Sources } from '../stores/stores.js';

const at = testAddresses();
const kafka = { brokers: at.KAFKA_BROKERS, clientId: 'audit.test' };

interface Journals {
  charges: {
    id: string;
    paymentId: string;
    amountMinor: number;
    currency: string;
    status: string;
  }[];
  mails: { paymentId: string; messageId: string; to: string }[];
}

/** A payment that a test damages before or after it is written into every store. */
export interface WrittenPayment {
  id: string;
  userId: string;
  eventId: string;
  payload: string;
}

/**
 * The real servers, with payments that no app has made. Each payment has a user of its own, so that
 * nothing but its own test damages it. External systems are two journals in memory.
 */
export class RealStores {
  readonly journals: Journals = { charges: [], mails: [] };
  readonly redis = new Redis(at.REDIS_URL);
  readonly search = new Elasticsearch({ node: at.ELASTICSEARCH_URL });
  private readonly databases = new Map<string, Client>();
  private readonly producer = new RecordProducer(kafka);
  private server: Server | undefined;
  sources!: Sources;

  async open(): Promise<void> {
    await this.producer.connect();
    await this.commitAll();
    this.server = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://journal');
      const name = url.pathname.split('/').at(-1) as keyof Journals;
      const asked = url.searchParams.get('paymentId');
      const after = Number(url.searchParams.get('after') ?? 0);
      const all: { paymentId: string }[] = this.journals[name];
      const entries = all
        .slice(after)
        .filter(({ paymentId }) => asked === null || paymentId === asked)
        .map((entry) => ({ ...entry, at: new Date().toISOString() }));
      response.end(JSON.stringify({ entries, nextAfter: all.length }));
    });
    await new Promise<void>((resolve) => this.server?.listen(0, '127.0.0.1', resolve));
    const { port } = this.server.address() as AddressInfo;
    this.sources = sourcesOf({ ...at, THIRD_PARTIES_URL: `http://127.0.0.1:${port}` });
  }

  async close(): Promise<void> {
    await this.producer.disconnect();
    await Promise.all([...this.databases.values()].map((one) => one.end()));
    this.redis.disconnect();
    await this.search.close();
    // The readers' idle connections would keep it open.
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  /** As the superuser, which no grant and no row policy stops. */
  async sql(database: 'payments' | 'loyalty' | 'console', text: string, values: unknown[] = []) {
    let client = this.databases.get(database);
    if (!client) {
      const url = new URL(at.POSTGRES_SUPERUSER_URL);
      url.pathname = `/${database}`;
      client = new Client({ connectionString: url.href });
      this.databases.set(database, client);
      await client.connect();
    }
    return (await client.query(text, values)).rows as Record<string, unknown>[];
  }

  /** A completed payment with everything that belongs to it, in every store. */
  async pay(): Promise<WrittenPayment> {
    const id = uuidV7();
    // Of the time at which it completed.
    const eventId = uuidV7(Date.now() - 600_000);
    const userId = `user-${id}`;
    const payload = JSON.stringify({ paymentId: id, userId, amountMinor: 1299, currency: 'EUR' });
    const written = { id, userId, eventId, payload };
    await this.writePayment(written);
    this.charge(id);
    await this.publish(written);
    await this.award(written);
    this.mail(id);
    await this.redis.set(
      `email:receipt:${id}`,
      `D:<${id}.receipt@test>:fingerprint`,
      'PX',
      WEEK_MS,
    );
    await this.index(written);
    return written;
  }

  private async writePayment({ id, userId, eventId, payload }: WrittenPayment): Promise<void> {
    await this.sql(
      'payments',
      `INSERT INTO payments.payments (id, user_id, order_id, amount_minor, currency, payment_method,
         status, version, psp_reference, created_at, completed_at, traceparent, psp_attempts)
       VALUES ($1, $2, 'order-1', 1299, 'EUR', 'pm_card_visa', 'COMPLETED', 2, 'pi_1',
         now() - interval '10 min', now() - interval '10 min' + interval '50 ms', 'trace', 1)`,
      [id, userId],
    );
    await this.sql(
      'payments',
      `INSERT INTO payments.outbox (event_id, specversion, topic, partition_key, event_type, subject,
         occurred_at, data_schema, traceparent, payload)
       SELECT $2, '1.0', 'payment.completed', user_id, 'type', id::text, completed_at, 'schema',
              'trace', $3 FROM payments.payments WHERE id = $1`,
      [id, eventId, payload],
    );
    await this.sql(
      'payments',
      `INSERT INTO payments.idempotency_keys (user_id, method, route, idempotency_key, fingerprint,
         payment_id, response_status, response_body, created_at)
       VALUES ($2, 'POST', '/v1/payments', 'secret-key', 'print', $1, 201, $3, now())`,
      [id, userId, JSON.stringify({ id, status: 'COMPLETED' })],
    );
  }

  charge(paymentId: string, changes: { amountMinor?: number; status?: string } = {}): void {
    const charge = { paymentId, amountMinor: 1299, currency: 'EUR', status: 'captured' };
    this.journals.charges.push({ id: `pi_${randomUUID()}`, ...charge, ...changes });
  }

  mail(paymentId: string): void {
    const messageId = `<${paymentId}.receipt@test>`;
    this.journals.mails.push({ paymentId, messageId, to: 'secret@example.com' });
  }

  async publish(
    { id, userId, eventId, payload }: WrittenPayment,
    options: { topic?: string; headers?: Record<string, string> } = {},
  ): Promise<void> {
    await this.producer.send({
      topic: options.topic ?? PAYMENT_COMPLETED,
      key: Buffer.from(userId),
      value: Buffer.from(payload),
      headers: {
        [CE_HEADERS.id]: eventId,
        [CE_HEADERS.subject]: id,
        [CE_HEADERS.time]: new Date().toISOString(),
        ...options.headers,
      },
    });
  }

  async award({ id, userId, eventId }: WrittenPayment): Promise<void> {
    await this.sql(
      'loyalty',
      `INSERT INTO loyalty.points_entries (payment_id, user_id, amount_minor, currency, points,
         event_id) VALUES ($1, $2, 1299, 'EUR', 12, $3)`,
      [id, userId, eventId],
    );
    await this.sql('loyalty', 'INSERT INTO loyalty.accounts VALUES ($1, 12)', [userId]);
  }

  async index({ id, userId }: WrittenPayment, version = 2): Promise<void> {
    await this.search.index({
      index: 'payments',
      id,
      version,
      version_type: 'external',
      document: { paymentId: id, userId, amountMinor: 1299, currency: 'EUR' },
    });
  }

  async unindex({ id }: WrittenPayment): Promise<void> {
    await this.search.delete({ index: 'payments', id });
  }

  /**
   * Every consumer has completed every record that a test will write, except the partition of this
   * user. kafkajs joins the group for it, which takes seconds, so it commits far beyond the end.
   */
  async commitAll(except?: { consumer: ConsumerName; userId: string }): Promise<void> {
    const admin = new Kafka({ ...kafka, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    for (const groupId of except ? [except.consumer] : CONSUMERS) {
      const partitions = Array.from({ length: PARTITIONS }, (_, partition) => {
        const isExcepted = except && partition === partitionOf(except.userId, PARTITIONS);
        return { partition, offset: isExcepted ? '0' : FAR_BEYOND_THE_END };
      });
      await admin.setOffsets({ groupId, topic: PAYMENT_COMPLETED, partitions });
    }
    await admin.disconnect();
  }
}

const FAR_BEYOND_THE_END = '1000000000';
const WEEK_MS = 7 * 24 * 3_600_000;

function uuidV7(atMs = Date.now()): string {
  const ms = atMs.toString(16).padStart(12, '0');
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7${randomUUID().slice(15)}`;
}
