import { readConnector } from './connector.js';
import { readConsumers, readTopics } from './consumers.js';
import type { Query } from '../payments-database.js';
import { readOutbox, readSlot } from './outbox.js';

export const PIPELINE = Symbol('PIPELINE');

/** How to look at each link between a committed payment and its consumers. */
export type Pipeline = Record<string, () => Promise<unknown>>;

/** outbox ──► slot ──► connector ──► topics ──► consumers */
export function pipeline(reach: {
  query: Query;
  connectUrl: string;
  /** What the caretaker of the connector makes of the two sides of it. */
  care: () => unknown;
  brokers: string[];
}): Pipeline {
  return {
    outbox: () => readOutbox(reach.query),
    slot: () => readSlot(reach.query),
    connector: () => readConnector(reach.connectUrl),
    care: async () => reach.care(),
    topics: () => readTopics(reach.brokers),
    consumers: () => readConsumers(reach.brokers),
  };
}

/**
 * The state of every link, each read by itself: this is looked at when one of them is down, and then the
 * state of the others is what one needs to see.
 */
export async function readPipeline(links: Pipeline): Promise<Record<string, unknown>> {
  const states = await Promise.all(
    Object.entries(links).map(async ([name, read]) => [name, await orWhyNot(read)] as const),
  );
  return Object.fromEntries(states);
}

async function orWhyNot(read: () => Promise<unknown>): Promise<unknown> {
  try {
    return await read();
  } catch (error) {
    return { unreadable: error instanceof Error ? error.message || error.name : String(error) };
  }
}
