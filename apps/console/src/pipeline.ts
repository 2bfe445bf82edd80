import { readConnector } from './pipeline/connector.js';
import { readConsumers, readTopics } from './pipeline/consumers.js';
import { readOutbox, readSlot, type Query } from './pipeline/outbox.js';

export const PIPELINE = Symbol('PIPELINE');
export type Pipeline = () => Promise<PipelineState>;
export type PipelineState = Awaited<ReturnType<typeof readPipeline>>;

/**
 * The state of every link between a committed payment and its consumers.
 *
 *   outbox ──► slot ──► connector ──► topics ──► consumers
 *
 * Each link is read by itself: this page is looked at when one of them is down, and then the state of
 * the others is what one needs to see.
 */
export async function readPipeline(links: { query: Query; connectUrl: string; brokers: string[] }) {
  const [outbox, slot, connector, topics, consumers] = await Promise.all([
    orWhyNot(readOutbox(links.query)),
    orWhyNot(readSlot(links.query)),
    orWhyNot(readConnector(links.connectUrl)),
    orWhyNot(readTopics(links.brokers)),
    orWhyNot(readConsumers(links.brokers)),
  ]);
  return { outbox, slot, connector, topics, consumers };
}

async function orWhyNot<Link>(link: Promise<Link>): Promise<Link | { unreadable: string }> {
  try {
    return await link;
  } catch (error) {
    return { unreadable: error instanceof Error ? error.message || error.name : String(error) };
  }
}
