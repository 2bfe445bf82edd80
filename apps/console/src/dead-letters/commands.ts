import type { ConsumerName } from '@effectively-once/contracts';
import { Problem } from '@effectively-once/platform';
import type { Actions, Asked, Claimed, Refused } from './actions.js';
import type { Action, DeadLetters } from './dead-letters.js';
import type { DiscardRequest, RedriveRequest } from './requests.js';

/** Named in an answer that no ids asked for. */
const NAMED_MAX = 100;

/** What came of a decision: how many it is about, which of those asked for it is not, and what is left. */
export interface Decided {
  dryRun: boolean;
  count: number;
  ids: string[];
  refused: Refused[];
  /** Pending ones that were meant too, and are beyond `max`. */
  left: number;
  action: Action | null;
}

/** What operators decide about dead letters, and what they are told of it. */
export class OperatorPath {
  constructor(
    private readonly actions: Actions,
    private readonly deadLetters: DeadLetters,
    /** Told that there is a redrive to do. */
    private readonly wake: () => void,
  ) {}

  /**
   * Writes the redrive down and returns: it is done by whoever reads it there, in this process or the next.
   * @throws Problem `unknown_dead_letters`; `nothing_to_redrive` when each id asked for is refused.
   */
  async redrive(asked: Asked, request: RedriveRequest): Promise<Decided> {
    await this.refuseUnknown(asked.consumer, request.ids);
    if (request.dryRun) {
      const ids = await this.actions.dryRun(asked, request);
      return await this.answer(asked, request, { actionId: null, ids });
    }
    const claimed = await this.actions.claimRedrive(asked, request);
    this.wake();
    return await this.answer(asked, request, claimed);
  }

  /** @throws Problem `unknown_dead_letters`; `nothing_to_discard` when each id asked for is refused. */
  async discard(asked: Asked, request: DiscardRequest): Promise<Decided> {
    await this.refuseUnknown(asked.consumer, request.ids);
    const { actionId, ids } = await this.actions.discard(asked, request);
    const refused = await this.refused(asked, 'discard', without(request.ids, ids));
    if (ids.length === 0) throw nothingTo('discard', refused);
    const action = (actionId && (await this.deadLetters.action(actionId))) || null;
    return { dryRun: false, count: ids.length, ids: named(ids), refused, left: 0, action };
  }

  private async answer(asked: Asked, request: RedriveRequest, { actionId, ids }: Claimed) {
    const refused = request.ids
      ? await this.refused(asked, 'redrive', without(request.ids, ids))
      : (await this.actions.guarded(asked, request.filter ?? {}, NAMED_MAX)).map((id): Refused => ({
          id,
          why: 'loop_guard',
        }));
    if (request.ids && ids.length === 0) throw nothingTo('redrive', refused);
    const redrivable = await this.actions.left(asked, request);
    return {
      dryRun: request.dryRun,
      count: ids.length,
      ids: named(ids),
      refused,
      // A dry run has claimed nothing, so what it counted is still among them.
      left: request.dryRun ? Math.max(0, redrivable - ids.length) : redrivable,
      action: (actionId && (await this.deadLetters.action(actionId))) || null,
    };
  }

  private async refused(asked: Asked, kind: 'redrive' | 'discard', ids: string[]) {
    return ids.length > 0 ? await this.actions.refused(asked, kind, ids) : [];
  }

  // Nothing is done about the others either: whoever mistyped one id may have mistyped more.
  private async refuseUnknown(consumer: ConsumerName, ids: string[] = []): Promise<void> {
    const unknown = ids.length > 0 ? await this.actions.unknown(consumer, ids) : [];
    if (unknown.length === 0) return;
    throw new Problem('unknown_dead_letters', {
      status: 404,
      detail: `${consumer} has no such dead letter: ${named(unknown).join(', ')}. Nothing was done.`,
      members: { unknown },
    });
  }
}

function nothingTo(kind: 'redrive' | 'discard', refused: Refused[]): Problem {
  const why = refused.slice(0, NAMED_MAX).map(({ id, why }) => `${id} (${why})`);
  return new Problem(`nothing_to_${kind}`, {
    status: 409,
    detail: `Nothing was done: ${why.join(', ')}.`,
    members: { refused },
  });
}

const without = (ids: string[], some: string[]) => {
  const taken = new Set(some);
  return ids.filter((id) => !taken.has(id));
};
const named = (ids: string[]) => ids.slice(0, NAMED_MAX);
