import { z } from 'zod';
import { askSupervisor, brokenBySupervisor } from '../supervisor/control-client.js';
import { isExternal, SUPERVISED_KINDS } from './fault-definition.js';
import type { FaultRequest } from './fault-request.js';

/** Something that is broken on purpose. Its mail address is not read. */
export interface BrokenNow {
  id: string;
  target: string;
  kind: string;
  point: string | null;
  state: 'armed' | 'broken' | 'reverting';
  /** When it is reverted at the latest; null if it has no end. */
  until: string | null;
}

/** Only an operator of this machine can break and revert it: the page shows both commands. */
export class NotBreakableHere extends Error {
  override readonly name = 'NotBreakableHere';
}

const switchedOn = z.object({
  faults: z.array(
    z.object({
      id: z.string(),
      target: z.string(),
      kind: z.string(),
      secondsLeft: z.number().optional(),
    }),
  ),
});

const TIMEOUT_MS = 3_000;

/**
 * Breaks and reverts. It holds no state: the external systems and the supervisor know what is
 * broken, and revert it by themselves. So it does not matter if the caller dies.
 */
export class FaultSwitchboard {
  constructor(
    private readonly options: {
      thirdPartiesUrl: string;
      /** The socket of the supervisor; undefined in compose, where none may stop a process. */
      controlSocket: string | undefined;
    },
  ) {}

  canBreak(target: string): boolean {
    return isExternal(target) || this.options.controlSocket !== undefined;
  }

  /** Resolves when it is broken. @throws NotBreakableHere, ControlRefused, or Error */
  async inject(request: FaultRequest): Promise<void> {
    const { target, kind, point, seconds } = request;
    if (isExternal(target)) return void (await this.external('POST', '', request));
    const supervised = SUPERVISED_KINDS.find((one) => one === kind);
    if (!supervised) throw new Error(`${target} knows no fault ${kind}`);
    await askSupervisor(this.socketFor(target), {
      command: 'break',
      target,
      kind: supervised,
      ...(point === undefined ? {} : { point }),
      seconds,
    });
  }

  /** Resolves when it works again; at once if nothing of this id is broken. */
  async revert(id: string): Promise<void> {
    const [target = ''] = id.split('.');
    if (isExternal(target)) await this.external('DELETE', `/${encodeURIComponent(id)}`);
    else await askSupervisor(this.socketFor(target), { command: 'revert', id });
  }

  /** All that is broken now, also by other clients. `unreadable` names who did not answer. */
  async broken(): Promise<{ broken: BrokenNow[]; unreadable: string[] }> {
    const unreadable: string[] = [];
    const orNone = (who: string) => (): BrokenNow[] => {
      unreadable.push(who);
      return [];
    };
    const { controlSocket } = this.options;
    const lists = await Promise.all([
      this.switchedOn().catch(orNone('the third parties')),
      controlSocket === undefined
        ? []
        : this.supervised(controlSocket).catch(orNone('the supervisor')),
    ]);
    return { broken: lists.flat(), unreadable };
  }

  private async switchedOn(): Promise<BrokenNow[]> {
    const { faults } = switchedOn.parse(await this.external('GET', ''));
    return faults.map(({ id, target, kind, secondsLeft }) => ({
      id,
      target,
      kind,
      point: null,
      state: 'broken',
      until:
        secondsLeft === undefined ? null : new Date(Date.now() + secondsLeft * 1_000).toISOString(),
    }));
  }

  private async supervised(socket: string): Promise<BrokenNow[]> {
    const faults = await brokenBySupervisor(socket);
    return faults.map(({ id, target, kind, point = null, state, until }) => ({
      id,
      target,
      kind,
      point,
      state,
      until,
    }));
  }

  private socketFor(target: string): string {
    const { controlSocket } = this.options;
    if (controlSocket === undefined) {
      throw new NotBreakableHere(`the console may not touch ${target} here`);
    }
    return controlSocket;
  }

  private async external(method: string, path: string, body?: FaultRequest): Promise<unknown> {
    const response = await fetch(new URL(`/_faults${path}`, this.options.thirdPartiesUrl), {
      method,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body
        ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
        : {}),
    });
    if (!response.ok) throw new Error(`the third parties answered ${response.status}`);
    return await response.json();
  }
}
