import 'reflect-metadata';
import type { DecodedEvent } from '@effectively-once/contracts';
import {
  KeepErrorIdentity,
  LANES,
  paymentCompletedDecoder,
  type Applied,
} from '@effectively-once/delivery';
import { Controller, UseFilters } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Payload, type MicroserviceOptions } from '@nestjs/microservices';
import { Redis } from 'ioredis';
import { createTransport } from 'nodemailer';
import { measuredTransport } from '../../bench/delivery/transport.js';
import { endWithParent, SESSION_TIMEOUT_MS } from '../process/one-by-one.js';
import type { HandlerSettings } from './mailer.js';

/*
 * Two ways to use a deduplication marker for a mail that this project rejects. Everything else is
 * as in the product: the transport, the connections, the Message-ID.
 */

const { way, brokers, topic, consumer, redisUrl, smtpUrl } = JSON.parse(
  process.argv[2] ?? '',
) as HandlerSettings;
const EFFECT_TIMEOUT_MS = 2_000;
const MARKER_TTL_MS = 3_600_000;

const redis = new Redis(redisUrl, {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  retryStrategy: () => 100,
});
// Without a listener the loss of the connection would end the process.
redis.on('error', () => undefined);
const smtp = createTransport({ url: smtpUrl, pool: true, maxConnections: 32, maxRequeues: 0 });

const keyOf = (paymentId: string) => `lab:receipt:${paymentId}`;

async function send(paymentId: string): Promise<void> {
  await smtp.sendMail({
    from: 'lab@effectively-once.example',
    to: 'lab@example.com',
    subject: 'Your receipt',
    messageId: `<${paymentId}.receipt@effectively-once.example>`,
    text: 'We received your payment.',
  });
}

/** The marker, then the mail: a crash in between loses the mail. */
async function markerFirst(paymentId: string): Promise<Applied> {
  const isNew = await redis.set(keyOf(paymentId), '1', 'PX', MARKER_TTL_MS, 'NX');
  if (!isNew) return 'duplicate';
  await send(paymentId);
  return 'applied';
}

/** Without an answer of Redis it sends, so that no customer waits. */
async function failOpen(paymentId: string): Promise<Applied> {
  const marker = await redis.get(keyOf(paymentId)).catch(() => null);
  if (marker !== null) return 'duplicate';
  await send(paymentId);
  await redis.set(keyOf(paymentId), '1', 'PX', MARKER_TTL_MS).catch(() => undefined);
  return 'applied';
}

@Controller()
@UseFilters(KeepErrorIdentity)
class LabMails {
  @EventPattern<string>(topic, LANES, paymentCompletedDecoder)
  async handle(@Payload() { data }: DecodedEvent): Promise<Applied> {
    return await (way === 'marker first' ? markerFirst : failOpen)(data.paymentId);
  }
}

class WithoutParts {}

const app = await NestFactory.createMicroservice<MicroserviceOptions>(
  { module: WithoutParts, controllers: [LabMails] },
  {
    ...measuredTransport(
      { transport: 'lanes', consumer, brokers, topic, sessionTimeoutMs: SESSION_TIMEOUT_MS },
      EFFECT_TIMEOUT_MS,
    ),
    logger: false,
  },
);
await app.listen();
endWithParent(() => app.close());
process.send?.({ kind: 'joined' });
