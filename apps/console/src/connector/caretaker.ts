import type { Logger } from '@effectively-once/platform';
import { exponentialBackoffMs, withJitter } from '@effectively-once/timing';
import type { ConnectApi } from './connect-api.js';
import { conditionOf, type Condition } from './condition.js';
import type { Sight } from './look.js';
import { REMEDIES, type Remedy } from './remedies.js';
import { UnreadSlot } from './unread-slot.js';

const BACK_OFF = { firstMs: 2_000, maxMs: 60_000 };
/** A task that fails again at once has not recovered: its back-off goes on growing. */
const HEALTHY_AFTER_MS = 30_000;

/** What is shown of the connector: as a metric, to an operator, in a log line. */
export interface Report {
  condition: Condition;
  sinceMs: number;
  /** How long the slot's confirmed position has been the same; absent while it cannot be read. */
  unmovedMs?: number;
  /** Remedies since it was last healthy for a while. */
  remedies: number;
  sight: Sight;
}

export interface Hands {
  look: () => Promise<Sight>;
  connect: Pick<ConnectApi, 'restart' | 'stop' | 'configure' | 'createStopped'>;
  /** The connector's configuration, as it is registered. */
  config: () => Promise<Record<string, string>>;
  /** Of several consoles one acts. */
  mayAct: () => Promise<boolean>;
  onRemedy: (remedy: Exclude<Remedy, 'none'>, outcome: 'accepted' | 'refused') => void;
  now: () => number;
  /** From 0 to 1. */
  random: () => number;
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/**
 * Looks after the connector: what a person on call would do first, done within seconds.
 *
 *   look ──► condition ──► has it lasted? ──► is the back-off over? ──► may we? ──► remedy
 *
 * It never gives up, and never goes on behind a slot that it knows was moved: that stops the connector and
 * waits for a person (docs/runbook.md), because going on would skip what lies between.
 */
export class Caretaker {
  private condition: Condition = 'starting';
  private sinceMs: number;
  private remedies = 0;
  /** Of each remedy by itself: to stop one whose slot was moved cannot wait for anything else. */
  private backOffs = new Map<Remedy, { count: number; untilMs: number }>();
  private readonly position = new Unchanged<bigint>();
  private readonly reading = new Unchanged<boolean>();
  private readonly unread = new UnreadSlot();

  constructor(private readonly hands: Hands) {
    this.sinceMs = hands.now();
  }

  async tick(): Promise<Report> {
    const sight = await this.hands.look();
    const nowMs = this.hands.now();
    const slot = typeof sight.slot === 'object' ? sight.slot : undefined;
    const unmovedMs = this.position.forMs(slot?.confirmed, nowMs);
    const readForMs = this.reading.forMs(slot?.active, nowMs);
    // An outage is no stall: whoever has just come back is given as long as anybody.
    const stuckMs = Math.min(unmovedMs ?? 0, readForMs ?? 0);
    const wentForwardUnread = this.unread.sees(sight);
    this.become(conditionOf(sight, { stuckMs, wentForwardUnread }), sight, nowMs);
    const { remedy, afterMs } = REMEDIES[this.condition];
    const untilMs = this.backOffs.get(remedy)?.untilMs ?? nowMs;
    const isDue = nowMs - this.sinceMs >= afterMs && nowMs >= untilMs;
    if (remedy !== 'none' && isDue && (await this.hands.mayAct())) await this.apply(remedy);
    const { condition, sinceMs, remedies } = this;
    return {
      condition,
      sinceMs,
      remedies,
      sight,
      ...(unmovedMs === undefined ? {} : { unmovedMs }),
    };
  }

  private become(condition: Condition, sight: Sight, nowMs: number): void {
    if (condition !== this.condition) {
      const log = { was: this.condition, condition, forMs: nowMs - this.sinceMs, ...whyOf(sight) };
      if (condition === 'healthy') this.hands.logger.info(log, 'the connector is healthy');
      else this.hands.logger.warn(log, 'the connector is not healthy');
      this.condition = condition;
      this.sinceMs = nowMs;
    }
    if (condition === 'healthy' && nowMs - this.sinceMs >= HEALTHY_AFTER_MS) {
      this.remedies = 0;
      this.backOffs.clear();
    }
  }

  private async apply(remedy: Exclude<Remedy, 'none'>): Promise<void> {
    const { logger, now, onRemedy, random } = this.hands;
    this.remedies += 1;
    const count = (this.backOffs.get(remedy)?.count ?? 0) + 1;
    const waitMs = backOffMs(count, random);
    const log = { remedy, condition: this.condition, count, nextInMs: waitMs };
    try {
      await this.carryOut(remedy);
      onRemedy(remedy, 'accepted');
      logger.warn(log, `connector care: ${REMEDIES[this.condition].why}`);
    } catch (error) {
      onRemedy(remedy, 'refused');
      logger.error({ ...log, err: error }, 'connector care: Connect did not do it');
    }
    this.backOffs.set(remedy, { count, untilMs: now() + waitMs });
  }

  private async carryOut(remedy: Exclude<Remedy, 'none'>): Promise<void> {
    const { connect, config } = this.hands;
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

/** For how long a value has been the same. */
class Unchanged<Value> {
  private value: Value | undefined;
  private sinceMs = 0;

  forMs(value: Value | undefined, nowMs: number): number | undefined {
    if (value !== this.value) this.sinceMs = nowMs;
    this.value = value;
    return value === undefined ? undefined : nowMs - this.sinceMs;
  }
}

/** 2, 4, 8 … 60 s, and up to half of it less: two consoles must not act in step. */
export function backOffMs(remedies: number, random: () => number): number {
  return withJitter(exponentialBackoffMs(remedies - 1, BACK_OFF), { min: 0.5, max: 1 }, random);
}

/** The first line of a stack names the failure; the rest of it is in Connect's log. */
export function whyOf({ connector, unanswered }: Sight): Record<string, string> {
  const trace =
    connector === undefined || connector === 'missing'
      ? undefined
      : [connector.connector, ...connector.tasks].find((part) => part.trace)?.trace;
  return { ...unanswered, ...(trace ? { trace: trace.split('\n')[0] ?? '' } : {}) };
}
