import type { ConsumerName } from '@effectively-once/contracts';

const TIMEOUT_MS = 3_000;

/** What a consumer holds between its watermarks and what it fetched last. */
export interface Windows {
  parkedKeys: number;
  /** By topic and partition. */
  records: Map<string, number>;
}

/**
 * A consumer's own metrics; undefined when it cannot be asked. That is no unreadable store: an audit has to
 * be possible while a consumer is down, and one that is down holds nothing.
 */
export async function readWindows(
  url: string,
  consumer: ConsumerName,
): Promise<Windows | undefined> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(new URL('/metrics', url), { signal });
    return response.ok ? windowsIn(await response.text(), consumer) : undefined;
  } catch {
    // Refused, timed out, cut off: whichever it is, it did not say.
    return undefined;
  }
}

// name{label="value",…} number (Prometheus' text format; no label here has a quote or a brace in it)
const SAMPLE = /^(delivery_parked_keys|delivery_window_records)\{([^}]*)\} (\S+)$/gm;
const LABEL = /(\w+)="([^"]*)"/g;

/** Undefined when the text does not speak of this consumer. */
export function windowsIn(metrics: string, consumer: ConsumerName): Windows | undefined {
  let parkedKeys: number | undefined;
  const records: Windows['records'] = new Map();
  for (const [, name, labels = '', value] of metrics.matchAll(SAMPLE)) {
    const label = new Map([...labels.matchAll(LABEL)].map(([, key, text]) => [key, text]));
    if (label.get('consumer') !== consumer) continue;
    if (name === 'delivery_parked_keys') parkedKeys = Number(value);
    else records.set(`${label.get('topic')}/${label.get('partition')}`, Number(value));
  }
  return parkedKeys === undefined ? undefined : { parkedKeys, records };
}
