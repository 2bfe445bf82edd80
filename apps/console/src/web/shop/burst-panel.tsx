import { useEffect, useState } from 'preact/hooks';
import { atNextRender } from '../live/render.js';
import { paymentsUrl } from '../live/session.js';
import { count } from '../parts/text/numbers.js';
import { durationText } from '../parts/text/relative-time.js';
import { bodyOf } from './basket.js';
import { BURST_LIMITS, BurstMeter, dueAfter, type BurstResult } from './burst.js';
import { basket, tokenFor, withToken } from './shop-state.js';

/** Many payments, each with an order and a key of its own, to see the pipeline work. */
export function BurstPanel() {
  const [perSecond, setPerSecond] = useState(20);
  const [seconds, setSeconds] = useState(10);
  const [result, setResult] = useState<BurstResult>();
  const [stop, setStop] = useState<AbortController>();
  useEffect(() => () => stop?.abort(), [stop]);
  const start = async () => {
    const bearer = await tokenFor(basket.value.customer);
    if (bearer === undefined) return;
    const abort = new AbortController();
    setStop(abort);
    const show = (next: BurstResult) => atNextRender(() => setResult(next));
    await runBurst({ perSecond, seconds, bearer, show, signal: abort.signal });
    setStop(undefined);
  };
  const limit = (value: string, max: number) => Math.min(max, Math.max(1, Number(value) || 1));
  return (
    <section class="panel burst" aria-label="Burst">
      <h2>Burst</h2>
      <p class="dim">Many payments in an even stream, each with an order and a key of its own.</p>
      <div class="burst-row">
        <label>
          Payments per second
          <input
            type="number"
            min="1"
            max={BURST_LIMITS.perSecond}
            value={perSecond}
            onChange={(event) =>
              setPerSecond(limit(event.currentTarget.value, BURST_LIMITS.perSecond))
            }
          />
        </label>
        <label>
          Seconds
          <input
            type="number"
            min="1"
            max={BURST_LIMITS.seconds}
            value={seconds}
            onChange={(event) => setSeconds(limit(event.currentTarget.value, BURST_LIMITS.seconds))}
          />
        </label>
        {stop ? (
          <button type="button" class="button" onClick={() => stop.abort()}>
            Stop
          </button>
        ) : (
          <button type="button" class="button" onClick={() => void start()}>
            Start burst
          </button>
        )}
      </div>
      {result ? <BurstNumbers result={result} /> : null}
    </section>
  );
}

function BurstNumbers({ result }: { result: BurstResult }) {
  const { planned, sent, skipped, answers, medianMs, p95Ms, longestMs } = result;
  const ms = (value: number | null) => (value === null ? '–' : durationText(value));
  const numbers: [name: string, value: string][] = [
    ['sent', `${count(sent)} of ${count(planned)}`],
    ...Object.entries(answers)
      .sort()
      .map(([status, times]): [string, string] => [status, count(times)]),
    ...(skipped > 0 ? [['held back', count(skipped)] as [string, string]] : []),
    ['median', ms(medianMs)],
    ['95 %', ms(p95Ms)],
    ['longest', ms(longestMs)],
  ];
  return (
    <dl class="numbers">
      {numbers.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="num">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface Burst {
  perSecond: number;
  seconds: number;
  bearer: string;
  show: (result: BurstResult) => void;
  signal: AbortSignal;
}

const TICK_MS = 20;

async function runBurst({ perSecond, seconds, bearer, show, signal }: Burst): Promise<void> {
  const planned = perSecond * seconds;
  const meter = new BurstMeter(planned);
  const startedMs = performance.now();
  const open = new Set<Promise<void>>();
  for (let taken = 0; taken < planned && !signal.aborted;) {
    const due = dueAfter(performance.now() - startedMs, perSecond, planned);
    for (; taken < due; taken += 1) {
      if (meter.open >= BURST_LIMITS.open) {
        meter.skip();
        continue;
      }
      meter.send();
      const one: Promise<void> = payOnce(bearer, meter).finally(() => open.delete(one));
      open.add(one);
    }
    show(meter.result());
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  await Promise.all(open);
  show(meter.result());
}

async function payOnce(bearer: string, meter: BurstMeter): Promise<void> {
  const startedMs = performance.now();
  let status = 'no answer';
  try {
    const orderId = `burst-${crypto.randomUUID().slice(0, 13)}`;
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
      body: JSON.stringify({ ...bodyOf(basket.value), orderId }),
    };
    const response = await fetch(`${paymentsUrl}/v1/payments`, withToken(init, bearer));
    await response.arrayBuffer();
    status = String(response.status);
  } catch {
    // Counted as no answer. The completer settles what was sent.
  }
  meter.answer(status, performance.now() - startedMs);
}
