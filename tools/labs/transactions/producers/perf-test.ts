import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { KafkaJava } from '../kafka-java.js';

/** How a producer sends: without and with sequence numbers, and in transactions. */
export const PRODUCER_MODES = [
  'acks=all',
  'idempotent',
  'commit every 10 ms',
  'commit every 100 ms',
  'commit every 1,000 ms',
] as const;
export type ProducerMode = (typeof PRODUCER_MODES)[number];

export interface PerfTest {
  perSecond: number;
  /** From `send` until the acknowledgement of the broker. */
  ackMeanMs: number;
  ackP50Ms: number;
  ackP99Ms: number;
}

const RECORD_BYTES = 500;
const HEAP_MB = 256;
const OUTPUT_BYTES_MAX = 4_194_304;

/** Kafka's own `kafka-producer-perf-test`: the published figures are of the Java client too. */
export class PerfTester {
  constructor(
    private readonly java: KafkaJava,
    private readonly brokers: string[],
    private readonly signal: AbortSignal,
  ) {}

  /** @param perSecond how many records it offers; absent: as many as it can. */
  async run(options: {
    mode: ProducerMode;
    topic: string;
    records: number;
    warmUp: number;
    perSecond?: number;
  }): Promise<PerfTest> {
    const { mode, topic, records, warmUp, perSecond = -1 } = options;
    const args = [
      ...this.java.arguments(HEAP_MB),
      'org.apache.kafka.tools.ProducerPerformance',
      `--bootstrap-server=${this.brokers.join(',')}`,
      `--topic=${topic}`,
      `--num-records=${records}`,
      `--warmup-records=${warmUp}`,
      `--record-size=${RECORD_BYTES}`,
      `--throughput=${perSecond}`,
      ...propertiesOf(mode),
    ];
    const { stdout } = await promisify(execFile)(this.java.command, args, {
      signal: this.signal,
      maxBuffer: OUTPUT_BYTES_MAX,
    });
    return perfTestIn(stdout);
  }
}

function propertiesOf(mode: ProducerMode): string[] {
  const isIdempotent = mode !== 'acks=all';
  const properties = ['--command-property', 'acks=all', `enable.idempotence=${isIdempotent}`];
  const commitEveryMs = commitIntervalOf(mode);
  if (commitEveryMs === undefined) return properties;
  return [...properties, '--transaction-duration-ms', String(commitEveryMs)];
}

/** Undefined without transactions. */
export function commitIntervalOf(mode: ProducerMode): number | undefined {
  const [, digits] = /^commit every ([\d,]+) ms$/.exec(mode) ?? [];
  return digits === undefined ? undefined : Number(digits.replace(',', ''));
}

/** The last summary in what the tool prints: that of the records after the warm-up. */
export function perfTestIn(output: string): PerfTest {
  const summaries = output.split('\n').filter((line) => line.includes(' ms 99.9th'));
  const last = summaries.at(-1) ?? '';
  const figure = (pattern: RegExp) => Number(pattern.exec(last)?.[1] ?? NaN);
  const found = {
    perSecond: figure(/([\d.]+) records\/sec/),
    ackMeanMs: figure(/([\d.]+) ms avg latency/),
    ackP50Ms: figure(/([\d.]+) ms 50th/),
    ackP99Ms: figure(/([\d.]+) ms 99th/),
  };
  if (Object.values(found).some(Number.isNaN))
    throw new Error(`no summary in the output of kafka-producer-perf-test: ${output.slice(-500)}`);
  return found;
}
