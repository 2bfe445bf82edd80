import { setTimeout as sleep } from 'node:timers/promises';
import { createTopic } from '../../../bench/delivery/produce.js';
import type { LabContext } from '../../lab.js';
import { settleAll } from '../../process/settle-all.js';
import { KafkaJava } from '../kafka-java.js';
import { ConnectWorker } from './connect-worker.js';
import { OutboxDatabase } from './outbox-database.js';
import { PublishedEvents } from './published-events.js';

/** When the worker commits a transaction with its events and its offset. */
export const CONNECT_MODES = ['off', 'on, each poll', 'on, every 100 ms'] as const;
export type ConnectMode = (typeof CONNECT_MODES)[number];

export interface ConnectOutcome {
  mode: ConnectMode;
  perSecond: number;
  /** 0: no worker was killed, and the figures below are NaN. */
  kills: number;
  events: number;
  /** After the kills, as a reader of read_committed sees them, and one of read_uncommitted. */
  publishedAgain: number;
  publishedAgainUncommitted: number;
}

interface ConnectLoad {
  /** Events of the throughput, and those before it that warm the worker up. */
  events: number;
  warmUp: number;
}

type AfterKills = Omit<ConnectOutcome, 'mode' | 'perSecond'>;

const NOT_KILLED: AfterKills = {
  kills: 0,
  events: 0,
  publishedAgain: NaN,
  publishedAgainUncommitted: NaN,
};
const PARTITIONS = 6;
const EVENTS_PER_TICK = 20;
const TICK_MS = 100;
/** A kill hits between these times after the start of the load. */
const KILL_AFTER_MS = { min: 1_000, max: 2_500 };

const BOUNDARY: Record<ConnectMode, Record<string, string>> = {
  off: {},
  'on, each poll': { 'exactly.once.support': 'required', 'transaction.boundary': 'poll' },
  'on, every 100 ms': {
    'exactly.once.support': 'required',
    'transaction.boundary': 'interval',
    'transaction.boundary.interval.ms': '100',
  },
};

/**
 * Two workers with the connector of this system, each with a database of its own: one without
 * `exactly.once.source.support`, one with.
 */
export class ConnectComparison {
  private readonly perSecond = new Map<ConnectMode, number>();

  private constructor(
    private readonly context: LabContext,
    private readonly off: Publisher,
    private readonly on: Publisher,
  ) {}

  static async start(context: LabContext): Promise<ConnectComparison> {
    const java = await KafkaJava.find(context.signal);
    const off = await Publisher.start(context, java, { name: 'lab_off', support: 'disabled' });
    try {
      const on = await Publisher.start(context, java, { name: 'lab_on', support: 'enabled' });
      return new ConnectComparison(context, off, on);
    } catch (error) {
      await off.stop();
      throw error;
    }
  }

  /** In turn: nothing else should run. */
  async drain(load: ConnectLoad): Promise<void> {
    for (const mode of CONNECT_MODES) {
      const publisher = mode === 'off' ? this.off : this.on;
      this.perSecond.set(mode, await publisher.drain(mode, load));
    }
  }

  /** Kills both workers at the same times of their load. The second one keeps its last mode. */
  async survive(kills: number): Promise<ConnectOutcome[]> {
    const { random } = this.context;
    const { min, max } = KILL_AFTER_MS;
    const killsAtMs = Array.from({ length: kills }, () => min + random() * (max - min));
    const [off, on] = await settleAll([this.off.survive(killsAtMs), this.on.survive(killsAtMs)]);
    const after: Partial<Record<ConnectMode, AfterKills>> = { off: off!, 'on, every 100 ms': on! };
    return CONNECT_MODES.map((mode) => ({
      mode,
      perSecond: this.perSecond.get(mode) ?? NaN,
      ...(after[mode] ?? NOT_KILLED),
    }));
  }

  async stop(): Promise<void> {
    await Promise.all([this.off.stop(), this.on.stop()]);
  }
}

/** A worker with its database, its topic, and two readers of the topic. */
class Publisher {
  private sent = 0;

  private constructor(
    private readonly context: LabContext,
    private readonly name: string,
    private readonly parts: {
      worker: ConnectWorker;
      database: OutboxDatabase;
      committed: PublishedEvents;
      uncommitted: PublishedEvents;
      topic: string;
    },
  ) {}

  static async start(
    context: LabContext,
    java: KafkaJava,
    { name, support }: { name: string; support: 'enabled' | 'disabled' },
  ): Promise<Publisher> {
    const { brokers, postgresUrl } = context;
    const topic = `lab.transactions.${name}`;
    await createTopic({ brokers, topic }, PARTITIONS);
    const settings = { 'exactly.once.source.support': support };
    const worker = await ConnectWorker.prepare(context, java, { name, settings });
    const committed = new PublishedEvents({ brokers, topic, isolation: 'read_committed' });
    const uncommitted = new PublishedEvents({ brokers, topic, isolation: 'read_uncommitted' });
    await committed.start();
    await uncommitted.start();
    const database = await OutboxDatabase.create(postgresUrl, name);
    worker.start();
    return new Publisher(context, name, { worker, database, committed, uncommitted, topic });
  }

  /** Events per second, from the first insert until read_committed sees the last event. */
  async drain(mode: ConnectMode, { events, warmUp }: ConnectLoad): Promise<number> {
    const { worker, database, committed } = this.parts;
    await worker.configure({ ...this.connection(), ...BOUNDARY[mode] });
    await this.publish(warmUp);
    const startedAtMs = performance.now();
    await database.insert(events);
    this.sent += events;
    await committed.untilSeen(this.sent);
    const perSecond = events / ((committed.lastSeenAtMs - startedAtMs) / 1_000);
    this.context.print(`  Connect, exactly once ${mode}: ${Math.round(perSecond)} events/s`);
    return perSecond;
  }

  /** Kills the worker under load, as often as planned, and starts it again each time. */
  async survive(killsAtMs: readonly number[]): Promise<AfterKills> {
    const { worker, database, committed, uncommitted } = this.parts;
    for (const [n, killAtMs] of killsAtMs.entries()) {
      const startedAtMs = performance.now();
      while (performance.now() - startedAtMs < killAtMs) {
        await database.insert(EVENTS_PER_TICK);
        this.sent += EVENTS_PER_TICK;
        await sleep(TICK_MS);
      }
      await worker.kill();
      worker.start();
      await worker.untilItRuns();
      await this.publish(EVENTS_PER_TICK);
      this.context.print(`  Connect, ${this.name}: kill ${n + 1} of ${killsAtMs.length}`);
    }
    await uncommitted.untilSeen(this.sent);
    return {
      kills: killsAtMs.length,
      events: this.sent,
      publishedAgain: committed.again,
      publishedAgainUncommitted: uncommitted.again,
    };
  }

  async stop(): Promise<void> {
    const { worker, database, committed, uncommitted } = this.parts;
    await Promise.all([worker.kill(), committed.stop(), uncommitted.stop(), database.close()]);
  }

  private async publish(count: number): Promise<void> {
    await this.parts.database.insert(count);
    this.sent += count;
    await this.parts.committed.untilSeen(this.sent);
  }

  private connection(): Record<string, string> {
    const url = new URL(this.context.postgresUrl);
    const { name } = this;
    const { topic } = this.parts;
    return {
      'database.hostname': url.hostname,
      'database.port': url.port,
      'database.user': url.username,
      'database.password': decodeURIComponent(url.password),
      'database.dbname': name,
      'slot.name': name,
      'table.include.list': 'payments.outbox',
      'heartbeat.interval.ms': '0',
      'transforms.outbox.route.topic.replacement': topic,
      'predicates.isForUs.pattern': topic.replaceAll('.', '\\.'),
    };
  }
}
