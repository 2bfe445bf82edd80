import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureTopics } from '@effectively-once/kafka';
import { Pool } from 'pg';
import { connectedProducer, createTopic } from '../../../bench/delivery/produce.js';
import { rebuiltEvent } from '../../../replay/from-payments/rebuilt-event.js';
import type { LabContext } from '../../lab.js';
import { LabProcess } from '../../process/lab-process.js';
import { settleAll } from '../../process/settle-all.js';
import { untilCommitted } from '../../process/until-committed.js';
import { judgeCounting, type CountingOutcome } from './judge-counting.js';
import {
  plannedEnds,
  WAYS_OF_COUNTING,
  type CountingSettings,
  type PlannedEnd,
  type WayOfCounting,
} from './plan.js';

const PARTITIONS = 6;
const USERS = 20;
const PAYMENTS_PER_TICK = 10;
const TICK_MS = 100;
const COMMIT_EVERY_MS = 100;
/** Event time is ten times as fast as the clock, so that there are several minutes of it. */
const FIRST_MS = Date.UTC(2026, 0, 1);
const MS_BETWEEN_PAYMENTS = 100;
/** A start of Node, the session of the dead member (6 s), and a busy machine. */
const STEP_WITHIN_MS = 90_000;

const SCHEMA = `
  DROP SCHEMA IF EXISTS lab_transactions CASCADE;
  CREATE SCHEMA lab_transactions;
  CREATE TABLE lab_transactions.outside (way text NOT NULL, payment text NOT NULL);`;

/**
 * Two groups count the same payments, one with transactions and one without. Their processes end at
 * the same planned steps, while payments keep coming. The last process of each counts to the end.
 */
export async function runCounting(context: LabContext, ends: number): Promise<CountingOutcome[]> {
  const { brokers, postgresUrl, random } = context;
  const plan = plannedEnds(random, ends);
  const outside = new Pool({ connectionString: postgresUrl, max: 2 });
  let groups: CountingGroup[] = [];
  try {
    await outside.query(SCHEMA);
    const input = `lab.transactions.input.${crypto.randomUUID()}`;
    await createTopic({ brokers, topic: input }, PARTITIONS);
    groups = await Promise.all(
      WAYS_OF_COUNTING.map((way) => CountingGroup.prepare(context, way, input)),
    );
    const load = new AbortController();
    const offered = offerPayments(context, input, load.signal);
    try {
      await settleAll(groups.map((group) => group.runUntilTheLast(plan)));
    } finally {
      load.abort();
    }
    const payments = await offered;
    await settleAll(groups.map((group) => group.countToTheEnd(payments)));
    return await Promise.all(groups.map((group) => judgeCounting(group, { brokers, outside })));
  } finally {
    await Promise.all(groups.map((group) => group.kill()));
    await outside.end();
  }
}

/** At a fixed rate. @returns how many were sent, when the signal is aborted. */
async function offerPayments(
  { brokers, signal }: LabContext,
  topic: string,
  until: AbortSignal,
): Promise<number> {
  const producer = await connectedProducer(brokers);
  let sent = 0;
  while (!until.aborted && !signal.aborted) {
    const completedAt = new Date(FIRST_MS + sent * MS_BETWEEN_PAYMENTS).toISOString();
    const payments = Array.from({ length: PAYMENTS_PER_TICK }, (_, n) =>
      rebuiltEvent({
        paymentId: crypto.randomUUID(),
        orderId: `order-${sent + n}`,
        userId: `user-${(sent + n) % USERS}`,
        amountMinor: 1_299,
        currency: 'EUR',
        completedAt,
        paymentVersion: 2,
        traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      }),
    );
    await producer.sendAll(topic, payments);
    sent += payments.length;
    await sleep(TICK_MS);
  }
  await producer.disconnect();
  return sent;
}

/** The processes of one way of counting, one after the other. */
class CountingGroup {
  /** From each end until the next process was ready to count. */
  readonly standstillsMs: number[] = [];
  /** What the zombies learned: `fenced` by a transactional id, or their offset is `refused`. */
  readonly zombies: string[] = [];
  readonly output: string;
  private readonly processes: LabProcess[] = [];

  private constructor(
    private readonly context: LabContext,
    readonly way: WayOfCounting,
    readonly input: string,
  ) {
    this.output = `lab.transactions.${way.replaceAll(' ', '-')}.${crypto.randomUUID()}`;
  }

  static async prepare(
    context: LabContext,
    way: WayOfCounting,
    input: string,
  ): Promise<CountingGroup> {
    const group = new CountingGroup(context, way, input);
    const config = { 'cleanup.policy': 'compact' };
    const topics = [{ name: group.output, partitions: PARTITIONS, config }];
    await ensureTopics({ brokers: context.brokers, clientId: 'lab', topics });
    return group;
  }

  /** Resolves when the last process is ready. */
  async runUntilTheLast(plan: readonly PlannedEnd[]): Promise<void> {
    let current = await this.started(plan[0]);
    for (const [n, end] of plan.entries()) {
      await current.next('at the step', STEP_WITHIN_MS);
      const endedAtMs = performance.now();
      if (end.how === 'freeze') current.freeze();
      else await current.kill();
      const successor = await this.started(plan[n + 1]);
      this.standstillsMs.push(performance.now() - endedAtMs);
      if (end.how === 'freeze') await this.wake(current);
      current = successor;
      this.context.print(`  ${this.way}: ${n + 1} of ${plan.length}, ${end.how} after ${end.step}`);
    }
  }

  async countToTheEnd(payments: number): Promise<void> {
    const { brokers } = this.context;
    const member = this.processes.at(-1);
    if (!member) throw new Error(`${this.way} has no process`);
    await untilCommitted({ brokers, topic: this.input }, this.output, { count: payments, member });
    await member.leave();
  }

  async kill(): Promise<void> {
    await Promise.all(this.processes.map((one) => one.kill()));
  }

  private async started(plan: PlannedEnd | undefined): Promise<LabProcess> {
    const { brokers, postgresUrl, folder, signal } = this.context;
    const settings: CountingSettings = {
      way: this.way,
      brokers,
      input: this.input,
      output: this.output,
      groupId: this.output,
      databaseUrl: postgresUrl,
      commitEveryMs: COMMIT_EVERY_MS,
      plan,
    };
    const logFile = join(folder, `counting-${this.way.replaceAll(' ', '-')}.log`);
    const options = { logFile, signal };
    const started = new LabProcess(
      'labs/transactions/counting/counting-process',
      settings,
      options,
    );
    this.processes.push(started);
    await started.next('ready', STEP_WITHIN_MS);
    return started;
  }

  /** It continues its transaction, although its successor owns the partitions. */
  private async wake(zombie: LabProcess): Promise<void> {
    zombie.tell({ kind: 'go on' });
    zombie.wake();
    const { kind } = await zombie.nextOf(['fenced', 'refused'], STEP_WITHIN_MS);
    this.zombies.push(kind);
    await zombie.kill();
  }
}
