import autocannon from 'autocannon';
import type { Checkouts, LoadResult } from './checkouts.js';

/** A closed loop: each client sends its next checkout when the last one is answered. */
export async function closedLoop(
  load: { clients: number } & ({ seconds: number } | { amount: number }),
  checkouts: Checkouts,
  url: string,
  /** Gets the body of every 201. */
  onPaid?: (body: string) => void,
): Promise<LoadResult> {
  const { clients: connections, ...until } = load;
  const result = await autocannon({
    url,
    connections,
    ...('amount' in until ? until : { duration: until.seconds }),
    requests: [
      {
        method: 'POST',
        path: checkouts.path,
        setupRequest: (request) => ({ ...request, ...checkouts.next() }),
        ...(onPaid && { onResponse: (status, body) => void (status === 201 && onPaid(body)) }),
      },
    ],
  });
  const { p50, p90, p99, p99_9 } = result.latency as unknown as Record<string, number>;
  return {
    perSecond: result['2xx'] / result.duration,
    p50Ms: p50 ?? NaN,
    p90Ms: p90 ?? NaN,
    p99Ms: p99 ?? NaN,
    p999Ms: p99_9 ?? NaN,
    paid: result['2xx'],
    failed: result.non2xx + result.errors + result.timeouts,
  };
}
