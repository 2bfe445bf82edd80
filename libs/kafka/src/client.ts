// kafkajs is unmaintained. Only this library imports it, so that replacing kafkajs means replacing
// this library.
import './kafkajs-fixes.js';
import './fetch/collecting-fetch.js';
import { BATCH_BYTES_MAX } from '@effectively-once/contracts';
import { Kafka, logLevel } from 'kafkajs';

const CONNECTION_TIMEOUT_MS = 3_000;
/** A request without an answer after this time ends its connection (kafkajs-fixes.ts). */
export const REQUEST_TIMEOUT_MS = 10_000;
/** The broker's own limit for a request that waits in it. It must answer before we stop waiting. */
export const BROKER_TIMEOUT_MS = 8_000;
// kafkajs reads NODE_ENV and changes its retry defaults under test, so set every value here.
export const RETRY = {
  initialRetryTime: 100,
  factor: 0.2,
  multiplier: 2,
  maxRetryTime: 5_000,
  retries: 8,
};

/** Of one fetch. A partition answers with at least one batch of the largest topic. */
export const FETCH_BYTES_MAX = {
  maxBytesPerPartition: BATCH_BYTES_MAX.deadLetter,
  maxBytes: 10_485_760,
};

export interface Connection {
  brokers: string[];
  clientId: string;
  /** Retries of a request (default 8: about 17 s). A caller that must fail fast sets fewer. */
  retriesMax?: number;
}

export function kafkaClient(options: Connection): Kafka {
  return new Kafka({
    brokers: options.brokers,
    clientId: options.clientId,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: retryOf(options),
    // We receive each failure as a rejection or an event, so kafkajs' log lines would repeat it.
    logLevel: logLevel.NOTHING,
  });
}

export const retryOf = ({ retriesMax }: Pick<Connection, 'retriesMax'>) => ({
  ...RETRY,
  retries: retriesMax ?? RETRY.retries,
});
