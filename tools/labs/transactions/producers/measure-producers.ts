import { GroupConsumer } from '@effectively-once/kafka';
import { pollUntil } from '@effectively-once/timing';
import { createTopic } from '../../../bench/delivery/produce.js';
import { percentile } from '../../../bench/statistics/spread.js';
import type { LabContext } from '../../lab.js';
import { SESSION_TIMEOUT_MS } from '../../process/one-by-one.js';
import { KafkaJava } from '../kafka-java.js';
import { PerfTester, PRODUCER_MODES, type PerfTest, type ProducerMode } from './perf-test.js';

export interface ProducerCost {
  mode: ProducerMode;
  /** Records per second, as many as it can: the round that other work disturbed least, and each. */
  perSecond: number;
  rounds: number[];
  /** At the fixed rate, in the round that other work disturbed least. */
  ackMeanMs: number;
  ackP50Ms: number;
  ackP99Ms: number;
  /** From `send` until a reader of read_committed has the record, at the fixed rate. */
  visibleMs: number[];
  visibleP50Ms: number;
  visibleP99Ms: number;
  /** Records that were sent at the fixed rate and never seen. */
  unseen: number;
}

export interface ProducerLoad {
  rounds: number;
  records: number;
  warmUp: number;
  /** The rounds at the fixed rate, their records, and the rate. */
  pacedRounds: number;
  paced: number;
  pacedPerSecond: number;
  modes?: readonly ProducerMode[];
}

type PacedCost = Omit<ProducerCost, 'mode' | 'perSecond' | 'rounds'>;

const PARTITIONS = 6;
const SEEN_WITHIN_MS = 60_000;
const WARM_UP_SHARE = 0.2;

/** Throughput first, the modes in turn in each round, then latency at a rate that each can hold. */
export async function measureProducers(
  { brokers, signal, print, random }: LabContext,
  load: ProducerLoad,
): Promise<ProducerCost[]> {
  const { rounds, records, warmUp, modes = PRODUCER_MODES } = load;
  const tester = new PerfTester(await KafkaJava.find(signal), brokers, signal);
  const topic = `lab.transactions.producers.${crypto.randomUUID()}`;
  await createTopic({ brokers, topic }, PARTITIONS);
  const perSecond = new Map(modes.map((mode) => [mode, [] as number[]]));
  for (let round = 0; round < rounds; round += 1) {
    for (const mode of shuffled(modes, random)) {
      const measured = await tester.run({ mode, topic, records, warmUp });
      perSecond.get(mode)?.push(measured.perSecond);
      print(`  ${mode}: ${Math.round(measured.perSecond)} records/s`);
    }
  }
  const paced = new Map(modes.map((mode) => [mode, [] as PacedCost[]]));
  for (let round = 0; round < load.pacedRounds; round += 1) {
    for (const mode of shuffled(modes, random)) {
      const measured = await measurePaced({ brokers, tester, mode, load });
      paced.get(mode)?.push(measured);
      print(`  ${mode}: visible after ${Math.round(measured.visibleP50Ms)} ms (p50)`);
    }
  }
  return modes.map((mode) => {
    const each = perSecond.get(mode) ?? [];
    const calmest = (paced.get(mode) ?? []).reduce((one, other) =>
      other.ackMeanMs < one.ackMeanMs ? other : one,
    );
    return { mode, perSecond: Math.max(...each), rounds: each, ...calmest };
  });
}

async function measurePaced(options: {
  brokers: string[];
  tester: PerfTester;
  mode: ProducerMode;
  load: ProducerLoad;
}): Promise<PacedCost> {
  const { brokers, tester, mode, load } = options;
  const { paced: records, pacedPerSecond } = load;
  const topic = `lab.transactions.paced.${crypto.randomUUID()}`;
  await createTopic({ brokers, topic }, PARTITIONS);
  const visibleMs: number[] = [];
  const reader = new GroupConsumer({
    brokers,
    groupId: topic,
    memberName: topic,
    topics: [topic],
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    isolation: 'read_committed',
    onAssigned: () => undefined,
    onRecords: ({ records: seen }) => {
      for (const { timestampMs } of seen) visibleMs.push(Date.now() - timestampMs);
    },
    onCrash: (error) => {
      throw error;
    },
  });
  await reader.start();
  let measured: PerfTest;
  try {
    const warmUp = Math.floor(records * WARM_UP_SHARE);
    measured = await tester.run({ mode, topic, records, warmUp, perSecond: pacedPerSecond });
    await pollUntil(async () => visibleMs.length >= records, {
      everyMs: 50,
      timeoutMs: SEEN_WITHIN_MS,
      timeoutMessage: () => `${mode}: ${visibleMs.length} of ${records} records were seen`,
    });
  } finally {
    await reader.stop();
  }
  const steady = visibleMs.slice(Math.floor(records * WARM_UP_SHARE));
  return {
    ackMeanMs: measured.ackMeanMs,
    ackP50Ms: measured.ackP50Ms,
    ackP99Ms: measured.ackP99Ms,
    visibleMs: steady,
    visibleP50Ms: percentile(steady, 0.5),
    visibleP99Ms: percentile(steady, 0.99),
    unseen: records - visibleMs.length,
  };
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}
