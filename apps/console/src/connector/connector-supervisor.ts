import type { Logger } from '@effectively-once/platform';
import { exponentialBackoffMs, withJitter } from '@effectively-once/timing';
import type { ConnectApi } from './connect-api.js';
import { conditionOf, type Condition } from './condition.js';
import type { Observation, Slot } from './observe.js';
import { REMEDIES, type Remedy } from './remedies.js';
import { MovedSlotDetector } from './moved-slot-detector.js';
import { ShortenedLogDetector } from './shortened-log-detector.js';

const BACK_OFF = { firstMs: 2_000, maxMs: 60_000 };
/** A task that fails sooner than this has not recovered, so its backoff continues to grow. */
const HEALTHY_AFTER_MS = 30_000;

/** The state of the connector, for metrics, the operator API and the log. */
export interface ConnectorReport {
  condition: Condition;
  sinceMs: number;
  /**
   * How long the confirmed position of the slot has not changed; absent if the slot is unreadable.
   */
  unmovedMs?: number;
  /** The number of remedies since the connector was last healthy for 30 s. */
  remedies: number;
  observation: Observation;
}

export interface SupervisorDependencies {
  observe: () => Promise<Observation>;
  connect: Pick<ConnectApi, 'restart' | 'stop' | 'configure' | 'createStopped'>;
  /** The configuration with which the connector is registered. */
  config: () => Promise<Record<string, string>>;
  /** True in one console only, if several run. */
  mayAct: () => Promise<boolean>;
  onRemedy: (remedy: Exclude<Remedy, 'none'>, outcome: 'accepted' | 'refused') => void;
  now: () => number;
  /** From 0 to 1. */
  random: () => number;
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/**
 * Supervises the connector (change data capture): does within seconds what an on-call engineer
 * would do first.
 *
 *   observe ──► condition ──► has it lasted? ──► backoff over? ──► lock acquired? ──► remedy
 *
 * It retries without an end, with one exception. If an operator moved the slot past unread events,
 * or the log ends before the connector's offset (a restored database), it stops the connector and
 * waits for the operator (docs/runbook.md). A running connector would skip events.
 */
export class ConnectorSupervisor {
  private condition: Condition = 'starting';
  private sinceMs: number;
  private remedies = 0;
  /**
   * One backoff per remedy. To stop a connector with a moved slot must not wait for the backoff of
   * a restart.
   */
  private backOffs = new Map<Remedy, { count: number; untilMs: number }>();
  private readonly position = new Unchanged<bigint>();
  private readonly progress = new Unchanged<string>();
  /** The progress at which a stall began. The stall ends with progress, and not with a restart. */
  private stalledAt: string | undefined;
  private readonly reading = new Unchanged<boolean>();
  private readonly movedSlot = new MovedSlotDetector();
  private readonly shortenedLog = new ShortenedLogDetector();

  constructor(private readonly dependencies: SupervisorDependencies) {
    this.sinceMs = dependencies.now();
  }

  async tick(): Promise<ConnectorReport> {
    const observation = await this.dependencies.observe();
    const nowMs = this.dependencies.now();
    const slot = typeof observation.slot === 'object' ? observation.slot : undefined;
    const unmovedMs = this.position.forMs(slot?.confirmed, nowMs);
    const stuckMs = this.stuckMs(slot, nowMs);
    const movedWhileUnread = this.movedSlot.observe(observation);
    const logShortened = this.shortenedLog.observe(observation);
    const history = { stuckMs, movedWhileUnread, logShortened };
    this.enter(conditionOf(observation, history), observation, nowMs);
    if (this.condition === 'stalled' && slot) this.stalledAt = progressOf(slot);
    const { remedy, afterMs } = REMEDIES[this.condition];
    const untilMs = this.backOffs.get(remedy)?.untilMs ?? nowMs;
    const isDue = nowMs - this.sinceMs >= afterMs && nowMs >= untilMs;
    if (remedy !== 'none' && isDue && (await this.dependencies.mayAct())) await this.apply(remedy);
    const { condition, sinceMs, remedies } = this;
    return {
      condition,
      sinceMs,
      remedies,
      observation: observation,
      ...(unmovedMs === undefined ? {} : { unmovedMs }),
    };
  }

  private stuckMs(slot: Slot | undefined, nowMs: number): number {
    const progress = slot && progressOf(slot);
    const unmovedMs = this.progress.forMs(progress, nowMs) ?? 0;
    const readForMs = this.reading.forMs(slot?.active, nowMs) ?? 0;
    if (progress !== undefined && progress !== this.stalledAt) this.stalledAt = undefined;
    // An outage is no stall: after it, the connector gets the full time to move its position. But a
    // connector that was stalled before its restart is not healthy until it moves.
    return this.stalledAt === undefined ? Math.min(unmovedMs, readForMs) : unmovedMs;
  }

  private enter(condition: Condition, observation: Observation, nowMs: number): void {
    if (condition !== this.condition) {
      const log = {
        was: this.condition,
        condition,
        forMs: nowMs - this.sinceMs,
        ...whyOf(observation),
      };
      if (condition === 'healthy') this.dependencies.logger.info(log, 'the connector is healthy');
      else this.dependencies.logger.warn(log, 'the connector is not healthy');
      this.condition = condition;
      this.sinceMs = nowMs;
    }
    if (condition === 'healthy' && nowMs - this.sinceMs >= HEALTHY_AFTER_MS) {
      this.remedies = 0;
      this.backOffs.clear();
    }
  }

  private async apply(remedy: Exclude<Remedy, 'none'>): Promise<void> {
    const { logger, now, onRemedy, random } = this.dependencies;
    this.remedies += 1;
    const count = (this.backOffs.get(remedy)?.count ?? 0) + 1;
    const waitMs = remedyDelayMs(count, random);
    const log = { remedy, condition: this.condition, count, nextInMs: waitMs };
    try {
      await this.carryOut(remedy);
      onRemedy(remedy, 'accepted');
      logger.warn(log, `connector supervision: ${REMEDIES[this.condition].why}`);
    } catch (error) {
      onRemedy(remedy, 'refused');
      logger.error({ ...log, err: error }, 'connector supervision: Connect refused the remedy');
    }
    this.backOffs.set(remedy, { count, untilMs: now() + waitMs });
  }

  private async carryOut(remedy: Exclude<Remedy, 'none'>): Promise<void> {
    const { connect, config } = this.dependencies;
    switch (remedy) {
      case 'register':
        return await connect.configure(await config());
      case 'register_stopped':
        return await connect.createStopped(await config());
      case 'restart_failed':
        return await connect.restart('failed');
      case 'restart':
        return await connect.restart('all');
      case 'stop':
        return await connect.stop();
      default:
        return remedy satisfies never;
    }
  }
}

const progressOf = ({ confirmed, spilledBytes }: Slot) => `${confirmed} ${spilledBytes}`;

/** Measures how long a value has not changed. */
class Unchanged<Value> {
  private value: Value | undefined;
  private sinceMs = 0;

  forMs(value: Value | undefined, nowMs: number): number | undefined {
    if (value !== this.value) this.sinceMs = nowMs;
    this.value = value;
    return value === undefined ? undefined : nowMs - this.sinceMs;
  }
}

/** Waits 2, 4, 8 … 60 s, minus a random half at most, so that two consoles do not act together. */
export function remedyDelayMs(remedyCount: number, random: () => number): number {
  return withJitter(exponentialBackoffMs(remedyCount - 1, BACK_OFF), { min: 0.5, max: 1 }, random);
}

/** The first line of a stack trace names the failure. The rest is in the log of Connect. */
export function whyOf({ connector, errors }: Observation): Record<string, string> {
  const trace =
    connector === undefined || connector === 'missing'
      ? undefined
      : [connector.connector, ...connector.tasks].find((part) => part.trace)?.trace;
  return { ...errors, ...(trace ? { trace: trace.split('\n')[0] ?? '' } : {}) };
}
