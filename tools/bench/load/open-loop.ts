import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'hdr-histogram-js';
import type { Checkouts, LoadResult } from './checkouts.js';

const CONNECTIONS_MAX = 500;
const MICROSECONDS = 1_000;

/**
 * An open loop: checkouts arrive independently of the answers, with exponentially distributed gaps,
 * as from independent customers. (autocannon's own rate option sends a second's requests at once.)
 * The latency starts when a checkout is due. So a stall counts for every checkout that was due
 * during it, not only for those already sent (no coordinated omission).
 * @see "Open Versus Closed: A Cautionary Tale"
 * https://www.usenix.org/legacy/event/nsdi06/tech/schroeder/schroeder.pdf
 */
export async function openLoop(
  load: { perSecond: number; seconds: number },
  checkouts: Checkouts,
  url: string,
): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });
  const latencies = build({ highestTrackableValue: 600_000 * MICROSECONDS });
  const inFlight: Promise<void>[] = [];
  let [paid, failed] = [0, 0];
  const startedAtMs = performance.now();
  let dueAtMs = startedAtMs;
  for (;;) {
    dueAtMs += (-Math.log(1 - Math.random()) * 1_000) / load.perSecond;
    if (dueAtMs > startedAtMs + load.seconds * 1_000) break;
    const waitMs = dueAtMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    inFlight.push(send(dueAtMs));
  }
  await Promise.all(inFlight);
  agent.destroy();
  const ms = (percentile: number) =>
    Math.round(latencies.getValueAtPercentile(percentile) / MICROSECONDS);
  return {
    perSecond: paid / load.seconds,
    p50Ms: ms(50),
    p90Ms: ms(90),
    p99Ms: ms(99),
    p999Ms: ms(99.9),
    paid,
    failed,
  };

  async function send(wasDueAtMs: number): Promise<void> {
    const isPaid = await post(new URL(checkouts.path, url), checkouts.next(), agent);
    // A timer can fire slightly early.
    const tookMs = Math.max(0, performance.now() - wasDueAtMs);
    latencies.recordValue(Math.round(tookMs * MICROSECONDS));
    if (isPaid) paid += 1;
    else failed += 1;
  }
}

async function post(
  url: URL,
  { headers, body }: ReturnType<Checkouts['next']>,
  agent: Agent,
): Promise<boolean> {
  const sent = request(url, { method: 'POST', headers, agent });
  sent.end(body);
  try {
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    return response.statusCode === 201;
  } catch {
    // A cut connection counts as a failed checkout in the result.
    return false;
  }
}
