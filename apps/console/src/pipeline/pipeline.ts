import { readConnector } from './connector.js';
import { readConsumers, readTopics } from './consumers.js';
import type { Query } from './payments-database.js';
import { readOutbox, readSlot } from './outbox.js';

export const PIPELINE = Symbol('PIPELINE');

/** How to read the state of each link between a committed payment and its consumers. */
export type Pipeline = Record<string, () => Promise<unknown>>;

/** outbox ──► slot ──► connector ──► topics ──► consumers */
export function pipeline(reach: {
  query: Query;
  connectUrl: string;
  /** The report of the connector supervisor. */
  supervision: () => unknown;
  /** The last check of every setting, and what does not hold. */
  settings: () => unknown;
  /** The lag of each group, its members, and which of them are stalled. */
  groups: () => unknown;
  brokers: string[];
}): Pipeline {
  return {
    outbox: () => readOutbox(reach.query),
    slot: () => readSlot(reach.query),
    connector: () => readConnector(reach.connectUrl),
    supervision: async () => reach.supervision(),
    settings: async () => reach.settings(),
    groups: async () => reach.groups(),
    topics: () => readTopics(reach.brokers),
    consumers: () => readConsumers(reach.brokers),
  };
}

/**
 * Reads the state of each link separately. An operator calls this when one link is down, and then
 * needs the state of the others.
 */
export async function readPipeline(links: Pipeline): Promise<Record<string, unknown>> {
  const states = await Promise.all(
    Object.entries(links).map(async ([name, read]) => [name, await readOrError(read)] as const),
  );
  return Object.fromEntries(states);
}

async function readOrError(read: () => Promise<unknown>): Promise<unknown> {
  try {
    return await read();
  } catch (error) {
    return { unreadable: error instanceof Error ? error.message || error.name : String(error) };
  }
}
