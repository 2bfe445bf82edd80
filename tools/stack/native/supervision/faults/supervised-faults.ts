import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  BreakRequest,
  SupervisedFault,
} from '@effectively-once/scenarios/supervisor/control-protocol';
import type { TcpProxy } from '@effectively-once/testing/tcp-proxy';
import type { ManagedProcess } from '../../processes/managed-process.js';

type Breakable = Pick<
  ManagedProcess,
  'crash' | 'freeze' | 'stop' | 'startAgain' | 'untilHealthyAgain'
>;

interface Active {
  fault: SupervisedFault;
  deadline: NodeJS.Timeout;
  /** Ends the fault; resolves when its target works again. */
  undo: () => Promise<void>;
  undone?: Promise<void>;
}

const ARMED_POLL_MS = 200;
/** A slot is moved only when payments have come in. Without them the request is refused by then. */
const MADE_WITHIN_MS = 150_000;

/** Something that an operator does to a store by mistake, and the repair of the runbook. */
export interface Mistake {
  /** Resolves when it is done. @throws Error */
  make: () => Promise<void>;
  /** What the runbook says. Safe to repeat. @throws Error */
  repair: () => Promise<void>;
  /** What the operator types instead: `npm run reindex`. */
  command: string;
}

/**
 * Fault injection in a running stack. Each fault has a deadline before it begins. The supervisor
 * reverts it by then, so a console that is killed meanwhile changes nothing.
 */
export class SupervisedFaults {
  private readonly active = new Map<string, Active>();

  constructor(
    private readonly options: {
      /** @throws Error if there is no such process. */
      find: (name: string) => Breakable;
      apps: {
        stop(name: string, startAgainAfterMs: number): Promise<void>;
        start(name: string): Promise<void>;
      };
      proxies: ReadonlyMap<string, Pick<TcpProxy, 'refuse' | 'hang' | 'heal'>>;
      /** By id: `search-index.delete`. */
      mistakes: ReadonlyMap<string, Mistake>;
      /** The folder of token files (libs/platform/src/failure-points.ts). */
      failurePoints: string;
      onNote: (note: string) => void;
    },
  ) {}

  /**
   * Resolves when the target is broken.
   * @throws Error if there is no such target, or if something is broken there already.
   */
  async inject(request: BreakRequest): Promise<void> {
    const { target, kind, point, seconds } = request;
    if ([...this.active.values()].some(({ fault }) => fault.target === target)) {
      throw new Error(`${target} is broken already; revert that first`);
    }
    const id = `${target}.${kind}`;
    const { begin, undo } = this.actionsOf(request);
    const now = Date.now();
    const isMistake = this.options.mistakes.has(id);
    const fault: SupervisedFault = {
      id,
      target,
      kind,
      ...(point === undefined ? {} : { point }),
      state: kind === 'kill_at' || isMistake ? 'armed' : 'broken',
      since: new Date(now).toISOString(),
      until: new Date(now + seconds * 1_000).toISOString(),
    };
    const active = {
      fault,
      undo,
      deadline: this.deadline(id, isMistake ? MADE_WITHIN_MS : seconds * 1_000),
    };
    this.active.set(id, active);
    try {
      await begin();
    } catch (error) {
      clearTimeout(active.deadline);
      this.active.delete(id);
      throw error;
    }
    // Its seconds begin when it is made, and not when it was asked for.
    if (isMistake && fault.state === 'armed') {
      clearTimeout(active.deadline);
      active.deadline = this.deadline(id, seconds * 1_000);
      fault.state = 'broken';
      fault.until = new Date(Date.now() + seconds * 1_000).toISOString();
    }
    // A process that was killed is started again at once, as after any crash.
    if (kind === 'kill') void this.atDeadline(id);
    if (kind === 'kill_at') this.watchToken(fault);
  }

  /**
   * Resolves when the target works again; at once if nothing of this id is broken.
   * @throws Error if it does not work in time.
   */
  async revert(id: string): Promise<void> {
    const active = this.active.get(id);
    if (!active) return;
    clearTimeout(active.deadline);
    active.fault.state = 'reverting';
    active.undone ??= active.undo().finally(() => this.active.delete(id));
    await active.undone;
  }

  list(): SupervisedFault[] {
    return [...this.active.values()].map(({ fault }) => ({ ...fault }));
  }

  /** The stack stops: no deadline is left, and no process stays frozen. */
  close(): void {
    const { find, mistakes, onNote } = this.options;
    for (const { fault, deadline } of this.active.values()) {
      clearTimeout(deadline);
      if (fault.kind === 'freeze') find(fault.target).freeze(false);
      const mistake = mistakes.get(fault.id);
      if (mistake) {
        onNote(`the ${fault.target} is not repaired: after the next start, ${mistake.command}`);
      }
    }
    this.active.clear();
  }

  private actionsOf(request: BreakRequest): Record<'begin' | 'undo', () => Promise<void>> {
    const { target, kind, point, seconds } = request;
    if (kind === 'advance' || kind === 'delete') return this.mistakeOf(`${target}.${kind}`);
    if (kind === 'refuse' || kind === 'hang') {
      const proxy = this.options.proxies.get(target);
      if (!proxy) throw new Error(`there is no proxy before ${target}`);
      return { begin: () => proxy[kind](), undo: () => proxy.heal() };
    }
    const process = this.options.find(target);
    switch (kind) {
      case 'kill':
        return { begin: () => process.crash(), undo: () => process.untilHealthyAgain() };
      case 'kill_at': {
        const token = this.tokenOf(target, point);
        return {
          begin: async () => writeFileSync(token, ''),
          undo: async () => {
            rmSync(token, { force: true });
            await process.untilHealthyAgain();
          },
        };
      }
      case 'freeze':
        return {
          begin: async () => process.freeze(true),
          undo: async () => {
            process.freeze(false);
            await process.untilHealthyAgain();
          },
        };
      case 'stop':
        return {
          // Its own deadline comes later than ours. It is for `npm run replay`.
          begin: () => this.options.apps.stop(target, seconds * 1_000 + 60_000),
          undo: () => this.options.apps.start(target),
        };
      default:
        return kind satisfies never;
    }
  }

  private mistakeOf(id: string): Record<'begin' | 'undo', () => Promise<void>> {
    const mistake = this.options.mistakes.get(id);
    if (!mistake) throw new Error(`there is no mistake ${id}`);
    let made: Promise<void> | undefined;
    return {
      begin: () => (made = mistake.make()),
      undo: async () => {
        // Repaired before it is made, it would be made after its repair.
        await made?.catch(() => undefined);
        await mistake.repair();
      },
    };
  }

  private deadline(id: string, ms: number): NodeJS.Timeout {
    return setTimeout(() => void this.atDeadline(id), ms);
  }

  private tokenOf(target: string, point: string | undefined): string {
    if (point === undefined) throw new Error('kill_at needs a failure point');
    return join(this.options.failurePoints, `${target}.${point}`);
  }

  /** The process deletes its token and dies. From then on the fault is over. */
  private watchToken(fault: SupervisedFault): void {
    const token = this.tokenOf(fault.target, fault.point);
    const timer = setInterval(() => {
      if (this.active.get(fault.id)?.fault !== fault) clearInterval(timer);
      else if (!existsSync(token)) {
        clearInterval(timer);
        void this.atDeadline(fault.id);
      }
    }, ARMED_POLL_MS);
    timer.unref();
  }

  private async atDeadline(id: string): Promise<void> {
    await this.revert(id).catch((error: Error) => this.options.onNote(error.message));
  }
}
