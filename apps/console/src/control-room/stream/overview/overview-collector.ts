import { setTimeout as sleep } from 'node:timers/promises';
import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import type { GroupWatch } from '../../../pipeline/groups/group-watch.js';
import type { Page } from '../../wire/pages.js';
import type { Query } from '../../../pipeline/payments-database.js';
import type { ActiveFault, ConsumerOverview, Overview } from '../../wire/overview.js';
import { LagTrend } from './lag-trend.js';
import {
  byConsumer,
  circuitsOf,
  openPagesOf,
  readConsumerApp,
  readOutboxSize,
  readPayments,
  topicEndsOf,
} from './overview-sources.js';
import { Rates } from './rates.js';
import { SlotLag } from './slot-lag.js';
import { PolledSource, SOURCE_TIMEOUT_MS } from './polled-source.js';

/** A source that is slower than this shows its last value until it answers or is unknown. */
const WAIT_MAX_MS = 300;
/** At first no source has a value yet, and each one opens its connection. */
const FIRST_WAIT_MAX_MS = 600;
/** An older measurement of a group is no lag of now. */
const LAG_AGE_MAX_MS = 8_000;
const MEASURE_GROUPS_EVERY_MS = 2_000;
const EVERY_TICK_MS = 900;
const SELDOM_MS = 5_000;

export interface OverviewReach {
  urls: Record<ConsumerName, string> & { payments: string };
  query: Query;
  groups: Pick<GroupWatch, 'latest' | 'measureNow'>;
  /** The condition of the connector and what is wrong. @throws before the first observation. */
  connector: () => { condition: string; why: string; since: Date };
  pages: () => Promise<Page[]>;
  faults: () => Promise<ActiveFault[]>;
  deadLettersPending: () => Promise<Record<ConsumerName, number>>;
  now: () => number;
}

/**
 * The state of the whole pipeline, collected once for all clients. Every source is read by itself:
 * one that hangs delays the others by WAIT_MAX_MS at most, and its own numbers are null.
 */
export class OverviewCollector {
  private readonly sources;
  private readonly trends = byConsumer(() => new LagTrend());
  private readonly topicRates = new Rates();
  private groupsMeasuredMs = -Infinity;
  private topicAtMs = -Infinity;
  private isFirst = true;

  constructor(private readonly reach: OverviewReach) {
    const { urls, query, now } = reach;
    const slot = new SlotLag(query);
    const every = <Value>(everyMs: number, read: (nowMs: number) => Promise<Value>) =>
      new PolledSource({ everyMs, read, now });
    this.sources = {
      payments: every(EVERY_TICK_MS, readPayments(urls.payments, SOURCE_TIMEOUT_MS)),
      ...byConsumer((name) =>
        every(EVERY_TICK_MS, readConsumerApp(urls[name], name, SOURCE_TIMEOUT_MS)),
      ),
      slot: every(EVERY_TICK_MS, (nowMs) => slot.read(nowMs)),
      faults: every(EVERY_TICK_MS, () => reach.faults()),
      pages: every(EVERY_TICK_MS, () => reach.pages()),
      deadLetters: every(EVERY_TICK_MS, () => reach.deadLettersPending()),
      outbox: every(SELDOM_MS, () => readOutboxSize(query)),
    };
  }

  /** Takes at most WAIT_MAX_MS, the first time FIRST_WAIT_MAX_MS. It never rejects. */
  async collect(): Promise<Overview> {
    this.measureGroups();
    const waiting = new AbortController();
    const { signal } = waiting;
    const refreshed = Object.values(this.sources).map((source) => source.refresh());
    const waitMs = this.isFirst ? FIRST_WAIT_MAX_MS : WAIT_MAX_MS;
    this.isFirst = false;
    const waited = sleep(waitMs, undefined, { signal }).catch(() => undefined);
    await Promise.race([Promise.all(refreshed), waited]);
    waiting.abort();
    return this.overview();
  }

  /** Nothing is collected for a while, so what is known becomes old. */
  forget(): void {
    this.isFirst = true;
    for (const source of Object.values(this.sources)) source.forget();
  }

  private overview(): Overview {
    const { slot, outbox, pages, faults } = this.sources;
    return {
      at: new Date(this.reach.now()).toISOString(),
      payments: this.payments(),
      outbox: outbox.value ?? { rows: null, latestAt: null },
      slot: slot.value ?? { lagBytes: null, lagSeconds: null, retainedBytes: null, status: null },
      connector: this.connector(),
      topic: this.topic(),
      consumers: CONSUMERS.map((name) => this.consumer(name)),
      openPages: pages.value && openPagesOf(pages.value),
      faults: faults.value,
    };
  }

  private payments(): Overview['payments'] {
    const { value } = this.sources.payments;
    if (!value) return { isUp: false, perSecond: null, unsettled: null, pspCircuit: null };
    const psp = circuitsOf(value).find(({ dependency }) => dependency === 'psp');
    return {
      isUp: true,
      perSecond: value.perSecond && Object.fromEntries(value.perSecond),
      unsettled: value.metrics.sum('payments_unsettled'),
      pspCircuit: psp?.state ?? null,
    };
  }

  private consumer(name: ConsumerName): ConsumerOverview {
    const { value } = this.sources[name];
    const lag = this.lagOf(name);
    const rates = value?.perSecond;
    return {
      name,
      isUp: value !== null,
      perSecond: rates ? (rates.get('applied') ?? 0) : null,
      lagRecords: lag && String(lag.records),
      oldestSeconds: lag && lag.oldestSeconds,
      ...this.trends[name].now(),
      circuits: value ? circuitsOf(value) : [],
      parkedLanes: value && value.metrics.sum('delivery_parked_keys', { consumer: name }),
      pausedPartitions:
        value && value.metrics.sum('delivery_paused_partitions', { consumer: name }),
      deadLettersPending: this.sources.deadLetters.value?.[name] ?? null,
    };
  }

  private lagOf(name: ConsumerName) {
    const measured = this.reach.groups.latest(name);
    if (!measured || this.reach.now() - measured.atMs > LAG_AGE_MAX_MS) {
      this.trends[name].forget();
      return null;
    }
    this.trends[name].observe(measured.atMs, measured.records);
    return measured;
  }

  private topic(): Overview['topic'] {
    const nowMs = this.reach.now();
    const newest = CONSUMERS.map((name) => this.reach.groups.latest(name))
      .filter((one) => one !== undefined)
      .reduce((best, one) => (best && best.atMs >= one.atMs ? best : one), undefined as Measured);
    if (!newest || nowMs - newest.atMs > LAG_AGE_MAX_MS)
      return { perSecond: null, partitions: null };
    const ends = topicEndsOf(newest.ends);
    if (newest.atMs > this.topicAtMs) {
      this.topicAtMs = newest.atMs;
      const sum = ends.reduce((total, { end }) => total + end, 0n);
      this.topicRates.observe(newest.atMs, new Map([['records', Number(sum)]]));
    }
    return {
      perSecond: this.topicRates.perSecond()?.get('records') ?? null,
      partitions: ends.map(({ partition, end }) => ({ partition, end: String(end) })),
    };
  }

  private connector(): Overview['connector'] {
    try {
      const { condition, why } = this.reach.connector();
      return { state: condition, detail: condition === 'healthy' ? null : why };
    } catch {
      // Not observed yet.
      return { state: null, detail: null };
    }
  }

  private measureGroups(): void {
    const nowMs = this.reach.now();
    if (nowMs - this.groupsMeasuredMs < MEASURE_GROUPS_EVERY_MS) return;
    this.groupsMeasuredMs = nowMs;
    this.reach.groups.measureNow();
  }
}

type Measured = ReturnType<GroupWatch['latest']>;
