import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { worstStatus } from '@effectively-once/audit';
import { auditOfRun } from '../../../cli/bench/audit-of-run.js';
import { endOfTopic } from '../../delivery/end-of-topic.js';
import { readCpuTimes, secondsUsed, totalOf, usedBetween } from '../../cpu/cpu-times.js';
import type { Checkouts } from '../../load/checkouts.js';
import { closedLoop } from '../../load/closed-loop.js';
import { countEffects, type PipelineAudit } from '../audit/count-effects.js';
import { EvidenceReader } from '../audit/read-evidence.js';
import {
  contestants,
  CONTESTANTS,
  externalSystems,
  type ContestantDefinition,
  type ContestantName,
} from '../contestants.js';
import { ContestantProcesses } from '../stack/contestant-processes.js';
import { killServer, measuredServices, type PipelineStack } from '../stack/pipeline-stack.js';
import { resetStores } from '../stack/reset.js';
import { untilDrained } from './drain.js';
import { effectLatencies, lastEffectAtMs, type EffectLatencies } from './latency.js';

/** A number, not a time: a busy machine needs longer, but not fewer. */
const WARM_UP_PAYMENTS = 1_500;
/** The consumer that is killed: its effect is the one that no store can undo. */
const KILLED_CONSUMER = 'email';
/** When the two are killed, as shares of the load's time. */
const KILLS_AT = { consumer: 1 / 3, publisher: 2 / 3 };

export interface TurnOptions {
  contestant: ContestantName;
  clients: number;
  seconds: number;
  kills: boolean;
  signal: AbortSignal;
}

export interface TurnResult {
  contestant: ContestantName;
  /** Payments with a 201 within the load. */
  accepted: number;
  failed: number;
  acceptedPerS: number;
  /** From the begin of the load to the last effect of its payments. */
  drainedPerS: number;
  drain: 'drained' | 'stuck';
  /** Above nothing: idle is in it. Absent where processes were killed: their CPU is gone. */
  coreMs?: number;
  cpuMs?: Record<string, number>;
  latencyMs: EffectLatencies;
  /** Of all payments since the begin of the turn, warm-up included. */
  audit: PipelineAudit;
  /** Records that were published a second time or more often. */
  republished: number;
  /** Our own audit, with all invariants. */
  ourAudit?: 'ok' | 'late' | 'violated';
}

/** One turn: empty stores, start, warm-up, load, drain, audit, stop. */
export async function playTurn(
  stack: PipelineStack,
  checkouts: Checkouts,
  options: TurnOptions,
): Promise<TurnResult> {
  const definition = contestants[options.contestant];
  await resetStores(stack.environment, {
    brokers: stack.brokers,
    redisUrl: String(stack.at.REDIS_URL),
    elasticsearchUrl: String(stack.at.ELASTICSEARCH_URL),
    groups: CONTESTANTS.flatMap((name) => contestants[name].groups),
  });
  const journals = join(stack.dataFolder, 'contestant-journals');
  rmSync(journals, { recursive: true, force: true });
  mkdirSync(journals, { recursive: true });
  const processes = new ContestantProcesses(
    [externalSystems(stack, journals), ...definition.parts(stack)],
    { logFolder: stack.logFolder, signal: options.signal },
  );
  try {
    await processes.start();
    const reader = new EvidenceReader(stack, definition.tables);
    try {
      return await measure({ stack, checkouts, definition, processes, reader }, options);
    } finally {
      await reader.close();
    }
  } finally {
    await processes.stop();
  }
}

interface Turn {
  stack: PipelineStack;
  checkouts: Checkouts;
  definition: ContestantDefinition;
  processes: ContestantProcesses;
  reader: EvidenceReader;
}

async function measure(turn: Turn, options: TurnOptions): Promise<TurnResult> {
  const { stack, definition, processes, reader } = turn;
  const { contestant, seconds, kills } = options;
  const { brokers } = stack;
  const publishedBefore = await endOfTopic(brokers, definition.topic);
  const drain = () => untilDrained(reader, { brokers, definition, signal: options.signal });
  const warm = await offer(turn, { clients: options.clients, amount: WARM_UP_PAYMENTS });
  if ((await drain()) === 'stuck') throw new Error(`the warm-up of ${contestant} does not drain`);

  const readCpu = () => readCpuTimes(measuredServices(stack, processes.processes()));
  const cpuBefore = await readCpu();
  const startedAtMs = Date.now();
  const [load] = await Promise.all([
    offer(turn, { clients: options.clients, seconds }),
    kills ? killInTheMiddle(turn, seconds) : undefined,
  ]);
  const drained = await drain();
  const used = kills ? undefined : usedBetween(cpuBefore, await readCpu());
  const evidence = await reader.evidence(new Set([...warm.paid, ...load.paid]));
  const published = (await endOfTopic(brokers, definition.topic)) - publishedBefore;
  const accepted = load.paid.size;
  const drainedS = (lastEffectAtMs(evidence, load.paid) - startedAtMs) / 1_000;
  return {
    contestant,
    accepted,
    failed: load.failed,
    acceptedPerS: accepted / seconds,
    drainedPerS: accepted / drainedS,
    drain: drained,
    ...(used && {
      coreMs: (totalOf(used) * 1_000) / accepted,
      cpuMs: Object.fromEntries(
        [...used].map(([name, one]) => [name, (secondsUsed(one) * 1_000) / accepted]),
      ),
    }),
    latencyMs: effectLatencies(evidence, load.paid),
    audit: countEffects(evidence),
    republished: published - evidence.payments.size,
    ...(contestant === 'ours' && { ourAudit: worstStatus(await auditOfRun(stack.environment)) }),
  };
}

async function offer(
  { stack, checkouts }: Turn,
  load: Parameters<typeof closedLoop>[0],
): Promise<{ paid: Set<string>; failed: number }> {
  const paid = new Set<string>();
  const { failed } = await closedLoop(load, checkouts, String(stack.at.PAYMENTS_URL), (body) =>
    paid.add((JSON.parse(body) as { id: string }).id),
  );
  return { paid, failed };
}

/**
 * Each kill at its own time: a killed consumer is ready again only when its group has noticed its
 * death, which takes the session timeout (kafkajs: 30 s), and can be longer than the load.
 */
async function killInTheMiddle(
  { stack, definition, processes }: Turn,
  seconds: number,
): Promise<void> {
  const { publisher } = definition;
  const killConsumer = async () => {
    await sleep(KILLS_AT.consumer * seconds * 1_000);
    await processes.killAndRestart(KILLED_CONSUMER);
  };
  const killPublisher = async () => {
    await sleep(KILLS_AT.publisher * seconds * 1_000);
    if (publisher === 'connect') killServer(stack, publisher);
    else await processes.killAndRestart(publisher);
  };
  await Promise.all([killConsumer(), killPublisher()]);
}
