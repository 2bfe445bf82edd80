import { Problem } from '@effectively-once/platform';
import type { FaultRequest } from '@effectively-once/scenarios';
import { planOf, type PlannedFault } from '@effectively-once/scenarios/faults/plan';
import type { RunningPlan } from '../wire/faults.js';

/**
 * Breaks one thing after the other, as the seed says. If the console dies, the plan ends with it,
 * and what is broken is repaired by itself like after any fault.
 */
export class FaultScheduler {
  private running:
    { seed: string; plan: PlannedFault[]; done: number; startedMs: number } | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: {
      inject: (request: FaultRequest) => Promise<unknown>;
      now: () => number;
    },
  ) {}

  /** @throws Problem if it is no seed, or if a plan runs. */
  start(seed: string): void {
    const plan = planOf(seed);
    if (!plan) {
      const detail = 'A seed looks like rough-5m-4711: preset, minutes, number.';
      const members = { errors: [{ pointer: '/seed', detail }] };
      throw new Problem('invalid_request', { status: 400, detail, members });
    }
    if (this.running) {
      throw new Problem('plan_running', { status: 409, detail: 'A plan runs already.' });
    }
    this.running = { seed, plan, done: 0, startedMs: this.options.now() };
    this.arm();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.running = undefined;
  }

  state(): RunningPlan | null {
    if (!this.running) return null;
    const { seed, plan, done, startedMs } = this.running;
    const next = plan[done];
    return {
      seed,
      done,
      total: plan.length,
      next: next
        ? {
            at: new Date(startedMs + next.atS * 1_000).toISOString(),
            target: next.request.target,
            kind: next.request.kind,
          }
        : null,
    };
  }

  private arm(): void {
    const { running } = this;
    if (!running) return;
    const next = running.plan[running.done];
    if (!next) {
      const last = running.plan.at(-1);
      const endMs = running.startedMs + ((last?.atS ?? 0) + (last?.request.seconds ?? 0)) * 1_000;
      this.timer = setTimeout(() => this.stop(), Math.max(0, endMs - this.options.now()));
      return;
    }
    const dueMs = running.startedMs + next.atS * 1_000;
    this.timer = setTimeout(
      () => {
        running.done += 1;
        // A fault that is refused, such as one that is on already, is in the history.
        void this.options.inject(next.request).catch(() => undefined);
        this.arm();
      },
      Math.max(0, dueMs - this.options.now()),
    );
  }
}
