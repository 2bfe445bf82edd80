import { Agent, request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Checkouts } from '../load/checkouts.js';
import { Seconds, type Outcome, type Second } from './seconds.js';

/**
 * Fewer than the 511 that Node.js lets wait to be accepted: of a connection above that the kernel
 * drops the first packets, and it is open after 1, 3, 7, 15 or 31 s.
 */
const CONNECTIONS_MAX = 400;
const ANSWER_WITHIN_MS = 30_000;
const POLL_MS = 20;

export interface PeakLoad {
  perSecond: number;
  seconds: number;
}

export interface PeakResult {
  seconds: Second[];
  offered: number;
  refused: number;
  /** The ids of the payments of all 201. */
  accepted: string[];
  /** Every other answer, by its status and problem code. */
  other: Record<string, number>;
  acceptedMs: { p50: number; p99: number };
  refusedMs: { p50: number; p99: number };
  /** CPU of the load: it shares the machine with what it measures. */
  loadCpuMsPerS: number;
}

/**
 * Offers checkouts independently of the answers, with exponentially distributed gaps, and retries
 * none. A refusal is a 503 that says `overloaded` and has a Retry-After. The latency counts from
 * the time at which a checkout was due, so a delay of this process is in it too.
 */
export async function offerPeak(
  load: PeakLoad,
  checkouts: Checkouts,
  url: string,
): Promise<PeakResult> {
  const offer = new Offer(checkouts, url);
  const cpuBefore = process.cpuUsage();
  const startedAtMs = performance.now();
  const gapMs = () => (-Math.log(1 - Math.random()) * 1_000) / load.perSecond;
  for (let dueMs = gapMs(); dueMs < load.seconds * 1_000; dueMs += gapMs()) {
    const waitMs = startedAtMs + dueMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    offer.send(startedAtMs, dueMs);
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  return { ...(await offer.result()), loadCpuMsPerS: (user + system) / 1_000 / load.seconds };
}

/** Without a promise for each request, because it must be cheap: what it uses, payments lacks. */
class Offer {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });
  private readonly seconds = new Seconds();
  private readonly accepted: string[] = [];
  private readonly other: Record<string, number> = {};
  private readonly target: object;
  private offered = 0;
  private refused = 0;
  private open = 0;

  constructor(
    private readonly checkouts: Checkouts,
    url: string,
  ) {
    const { hostname, port } = new URL(url);
    const { agent } = this;
    this.target = { agent, hostname, port, path: checkouts.path, method: 'POST' };
  }

  send(startedAtMs: number, dueMs: number): void {
    this.offered += 1;
    this.open += 1;
    const done = (outcome: Outcome) => {
      this.open -= 1;
      const tookMs = performance.now() - startedAtMs - dueMs;
      // A timer can fire slightly early.
      this.seconds.record(outcome, dueMs, Math.max(0, tookMs));
    };
    const failed = (why: string) => {
      this.other[why] = (this.other[why] ?? 0) + 1;
      done('other');
    };
    const { headers, body } = this.checkouts.next();
    const length = Buffer.byteLength(body);
    const sent = request({ ...this.target, headers: { ...headers, 'content-length': length } });
    sent.once('response', (response) => this.answered(response, done, failed));
    sent.once('error', (error: NodeJS.ErrnoException) => failed(error.code ?? error.message));
    sent.end(body);
  }

  private answered(
    response: IncomingMessage,
    done: (outcome: Outcome) => void,
    failed: (why: string) => void,
  ): void {
    const { statusCode, headers } = response;
    if (statusCode === 201) {
      response.resume();
      this.accepted.push(idIn(headers.location));
      return done('accepted');
    }
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (text: string) => (body += text));
    response.once('end', () => {
      const code = /"type":"[^"]*\/([a-z_]+)"/.exec(body)?.[1] ?? '';
      if (statusCode !== 503 || code !== 'overloaded' || !headers['retry-after'])
        return failed(`${statusCode} ${code}`);
      this.refused += 1;
      done('refused');
    });
  }

  /** Once everything is answered, or after a while. */
  async result(): Promise<Omit<PeakResult, 'loadCpuMsPerS'>> {
    const giveUpAtMs = performance.now() + ANSWER_WITHIN_MS;
    while (this.open > 0 && performance.now() < giveUpAtMs) await sleep(POLL_MS);
    if (this.open > 0) this.other['no answer'] = this.open;
    this.agent.destroy();
    const { offered, refused, accepted, other, seconds } = this;
    const ms = (outcome: Outcome) => ({
      p50: seconds.percentileMs(outcome, 0.5),
      p99: seconds.percentileMs(outcome, 0.99),
    });
    const [acceptedMs, refusedMs] = [ms('accepted'), ms('refused')];
    return {
      seconds: seconds.bySecond(),
      offered,
      refused,
      accepted,
      other,
      acceptedMs,
      refusedMs,
    };
  }
}

const idIn = (location = '') => location.slice(location.lastIndexOf('/') + 1);
