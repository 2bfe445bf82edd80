// This folder is the only place that knows kafkajs, which is unmaintained: what replaces it one day
// replaces this folder.
import { Kafka, logLevel, type IHeaders, type KafkaMessage } from 'kafkajs';
import type { KafkaRecord } from './record.js';

const CONNECTION_TIMEOUT_MS = 3_000;
export const REQUEST_TIMEOUT_MS = 30_000;
// kafkajs reads NODE_ENV and changes its retry defaults under test: never leave them to it.
export const RETRY = {
  initialRetryTime: 100,
  factor: 0.2,
  multiplier: 2,
  maxRetryTime: 5_000,
  retries: 8,
};

export interface Connection {
  brokers: string[];
  clientId: string;
  /** Retries of a request, for whoever would rather say soon that it fails (default 8: about 17 s). */
  retriesMax?: number;
}

export function kafkaClient(options: Connection): Kafka {
  return new Kafka({
    brokers: options.brokers,
    clientId: options.clientId,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: retryOf(options),
    // Every failure that matters reaches us as a rejection or an event; its own lines repeat them.
    logLevel: logLevel.NOTHING,
  });
}

export const retryOf = ({ retriesMax }: Pick<Connection, 'retriesMax'>) => ({
  ...RETRY,
  retries: retriesMax ?? RETRY.retries,
});

export function toRecord(topic: string, partition: number, message: KafkaMessage): KafkaRecord {
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    key: message.key,
    value: message.value,
    headers: toBuffers(message.headers ?? {}),
    timestampMs: Number(message.timestamp),
  };
}

function toBuffers(headers: IHeaders): Record<string, Buffer | Buffer[]> {
  const buffers: Record<string, Buffer | Buffer[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    buffers[name] = Array.isArray(value) ? value.map(Buffer.from) : Buffer.from(value);
  }
  return buffers;
}
