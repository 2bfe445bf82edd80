import { Problem } from '@effectively-once/platform';
import {
  FAULT_LINKS,
  NotBreakableHere,
  PREDICTIONS,
  type FaultDefinition,
  type FaultRequest,
  type FaultSwitchboard,
} from '@effectively-once/scenarios';
import { ControlRefused } from '@effectively-once/scenarios/supervisor/control-client';
import type { Faults, OfferedFault } from '../wire/faults.js';
import { byHand } from './by-hand.js';
import type { FaultHistory } from './fault-history.js';
import { FaultScheduler } from './fault-scheduler.js';
import { isUp, type TargetProbe } from './probe.js';

/** What can be broken, what is broken, and what operators have broken. */
export class FaultBoard {
  private planner = '';
  private readonly scheduler = new FaultScheduler({
    inject: (request) => this.inject(this.planner, request),
    now: Date.now,
  });

  constructor(
    private readonly options: {
      switchboard: Pick<FaultSwitchboard, 'broken' | 'canBreak' | 'inject' | 'revert'>;
      history: Pick<FaultHistory, 'asked' | 'refused' | 'reverted' | 'latest' | 'observe'>;
      probes: Record<string, TargetProbe>;
    },
  ) {}

  async list(): Promise<Faults> {
    const { switchboard, history, probes } = this.options;
    const [{ broken, unreadable }, targets] = await Promise.all([
      switchboard.broken(),
      Promise.all(
        Object.entries(probes).map(async ([name, probe]) => ({ name, isUp: await isUp(probe) })),
      ),
    ]);
    // PostgreSQL may be what is broken. Everything else is still shown.
    const actions = await history
      .observe(unreadable.length > 0 ? undefined : broken)
      .then(() => history.latest())
      .catch(() => {
        unreadable.push('the history of actions');
        return [];
      });
    const links = FAULT_LINKS.map(({ faults, ...link }) => ({
      ...link,
      faults: faults.map((fault) => this.offered(fault)),
    }));
    const plan = this.scheduler.state();
    return { links, targets, broken, unreadable, plan, history: actions };
  }

  /** @throws Problem if it cannot be broken here or now. */
  async inject(operator: string, request: FaultRequest): Promise<Faults> {
    const { switchboard, history } = this.options;
    const id = await history.asked(operator, request);
    try {
      await switchboard.inject(request);
    } catch (error) {
      const problem = explained(error);
      await history.refused(id, problem.message);
      throw problem;
    }
    return await this.list();
  }

  /** @throws Problem 404 if nothing of this id is broken. */
  async revert(operator: string, id: string): Promise<Faults> {
    const { switchboard, history } = this.options;
    const { broken } = await switchboard.broken();
    const fault = broken.find((one) => one.id === id);
    if (!fault) {
      throw new Problem('not_found', { status: 404, detail: 'Nothing of this id is broken now.' });
    }
    await switchboard.revert(id).catch((error: unknown) => {
      throw explained(error);
    });
    // PostgreSQL may be what was broken, and answer a moment later.
    await history.reverted(operator, fault).catch(() => undefined);
    return await this.list();
  }

  /** Lets the scheduler break one thing after the other. @throws Problem */
  async startPlan(operator: string, seed: string): Promise<Faults> {
    this.scheduler.start(seed);
    this.planner = operator;
    return await this.list();
  }

  async stopPlan(): Promise<Faults> {
    this.scheduler.stop();
    return await this.list();
  }

  private offered(fault: FaultDefinition): OfferedFault {
    const prediction = PREDICTIONS[fault.prediction];
    const canBreak = this.options.switchboard.canBreak(fault.target);
    const hands = canBreak ? null : byHand(fault);
    const acts = canBreak ? 'here' : hands ? 'by_hand' : 'nowhere';
    return { ...fault, prediction, acts, byHand: hands };
  }
}

function explained(error: unknown): Problem {
  if (error instanceof NotBreakableHere) {
    const detail = 'The console may not touch processes here. The page shows the commands.';
    return new Problem('fault_by_hand', { status: 409, detail, cause: error });
  }
  if (error instanceof ControlRefused) {
    return new Problem('fault_refused', { status: 409, detail: error.message, cause: error });
  }
  const detail = 'The external systems or the supervisor did not do it.';
  return new Problem('fault_failed', { status: 503, detail, cause: error });
}
