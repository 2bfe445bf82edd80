import type { ConsumerName } from '@effectively-once/contracts';

const TIMEOUT_MS = 3_000;

/** What a consumer holds in memory: records that it has fetched and not committed. */
export interface ConsumerState {
  parkedKeys: number;
  /** Records in flight, by topic and partition. */
  inFlightRecords: Map<string, number>;
}

/**
 * Reads a consumer's state from its own metrics; undefined if it does not answer. That is not an
 * unreadable store: an audit must be possible while a consumer is down, and a consumer that is down
 * holds nothing.
 */
export async function readConsumerState(
  url: string,
  consumer: ConsumerName,
): Promise<ConsumerState | undefined> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(new URL('/metrics', url), { signal });
    return response.ok ? consumerStateIn(await response.text(), consumer) : undefined;
  } catch {
    // Refused, timed out or interrupted: in each case its state is unknown.
    return undefined;
  }
}

// name{label="value",…} number: Prometheus' text format. No label value here has a quote or a
// brace. `samplesIn` of libs/testing reads any metric, but is for tests and tools only.
const SAMPLE = /^(delivery_parked_keys|delivery_window_records)\{([^}]*)\} (\S+)$/gm;
const LABEL = /(\w+)="([^"]*)"/g;

/** Undefined if the metrics are not of this consumer. */
export function consumerStateIn(
  metrics: string,
  consumer: ConsumerName,
): ConsumerState | undefined {
  let parkedKeys: number | undefined;
  const inFlightRecords: ConsumerState['inFlightRecords'] = new Map();
  for (const [, name, labels = '', value] of metrics.matchAll(SAMPLE)) {
    const label = new Map([...labels.matchAll(LABEL)].map(([, key, text]) => [key, text]));
    if (label.get('consumer') !== consumer) continue;
    if (name === 'delivery_parked_keys') parkedKeys = Number(value);
    else inFlightRecords.set(`${label.get('topic')}/${label.get('partition')}`, Number(value));
  }
  return parkedKeys === undefined ? undefined : { parkedKeys, inFlightRecords };
}
