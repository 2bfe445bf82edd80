import { createRequire } from 'node:module';

interface FetchRequest {
  /** Milliseconds that the broker waits for `minBytes`. */
  maxWaitTime: number;
  minBytes: number;
}

interface FetchResponse {
  responses: { partitions: { messages: unknown[] }[] }[];
}

interface Broker {
  fetch: (request: FetchRequest) => Promise<FetchResponse>;
}

/** How long a busy fetch collects. It is added to the latency of a record, by half on average. */
export const COLLECT_MS = 20;
/** A backlog answers at once: with this many bytes there is nothing to wait for. */
const ENOUGH_BYTES = 65_536;
/** Records that come further apart are handed over one by one. */
const BUSY_GAP_MS = 2 * COLLECT_MS;

/**
 * Decides how the next fetch waits. A long poll answers for the first record, so with 115 records a
 * second there are 115 fetches a second, and every stage behind them handles one record at a time.
 * While records come close together, the broker collects for COLLECT_MS before it answers
 * (fetch.min.bytes and fetch.max.wait.ms). When they stop, it is a long poll again, which costs an
 * idle consumer nothing and hands over the next record at once.
 */
export class FetchPace {
  private lastRecordsAtMs = -Infinity;
  private isBusy = false;

  request<Request extends FetchRequest>(request: Request): Request {
    if (!this.isBusy) return request;
    return { ...request, minBytes: ENOUGH_BYTES, maxWaitTime: COLLECT_MS };
  }

  answered({ responses }: FetchResponse, nowMs: number): void {
    const hasRecords = responses.some(({ partitions }) =>
      partitions.some(({ messages }) => messages.length > 0),
    );
    this.isBusy = hasRecords && nowMs - this.lastRecordsAtMs <= BUSY_GAP_MS;
    if (hasRecords) this.lastRecordsAtMs = nowMs;
  }
}

// kafkajs has both settings only for the whole life of a consumer. Each consumer has its own
// connection to each broker, and one fetch at a time on it.
const broker = createRequire(import.meta.url)('kafkajs/src/broker') as { prototype: Broker };
const paces = new WeakMap<Broker, FetchPace>();
const { fetch } = broker.prototype;
broker.prototype.fetch = async function (request) {
  const pace = paces.get(this) ?? new FetchPace();
  paces.set(this, pace);
  const response = await fetch.call(this, pace.request(request));
  pace.answered(response, performance.now());
  return response;
};
