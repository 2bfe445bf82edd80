import type { ConsumerName } from '@effectively-once/contracts';
import { Problem } from '@effectively-once/platform';
import type { Decision, Refused } from '../../control-room/wire/dead-letters.js';
import type { DeadLetters } from '../dead-letters.js';
import type { DiscardRequest, RedriveRequest } from '../requests.js';
import type { Actions, CommandContext, Claimed } from './actions.js';
import type { ForecastEffects } from './forecast-effects.js';

/** The number of ids in an answer to a filter. */
const NAMED_MAX = 100;

/** The commands of the operator: redrive and discard. */
export class DeadLetterCommands {
  constructor(
    private readonly actions: Actions,
    private readonly deadLetters: DeadLetters,
    private readonly forecast: ForecastEffects,
    /** Wakes the periodic task that does the redrives. */
    private readonly wake: () => void,
  ) {}

  /**
   * Stores the redrive and returns. A periodic task does it, in this process or in the next one.
   * @throws Problem `unknown_dead_letters`; `nothing_to_redrive` if every requested id is refused;
   * `count_changed` if it would not be as many as expected.
   */
  async redrive(context: CommandContext, request: RedriveRequest): Promise<Decision<Date>> {
    await this.refuseUnknown(context.consumer, request.ids);
    if (request.dryRun) {
      const letters = await this.actions.dryRun(context, request);
      const ids = letters.map(({ id }) => id);
      const decision = await this.answer(context, request, { actionId: null, ids });
      const pending = await this.actions.pending(context, request);
      const effects = await this.forecast(context.consumer, letters);
      return { ...decision, forecast: { ...effects, ...pending } };
    }
    const claimed = await this.actions.claimRedrive(context, request);
    this.wake();
    return await this.answer(context, request, claimed);
  }

  /**
   * @throws Problem `unknown_dead_letters`; `nothing_to_discard` if every requested id is refused;
   * `count_changed` if it would not be as many as expected.
   */
  async discard(context: CommandContext, request: DiscardRequest): Promise<Decision<Date>> {
    await this.refuseUnknown(context.consumer, request.ids);
    const { actionId, ids } = await this.actions.discard(context, request);
    const refused = await this.refused(context, 'discard', without(request.ids ?? [], ids));
    if (ids.length === 0) throw nothingTo('discard', refused);
    const action = (actionId && (await this.deadLetters.action(actionId))) || null;
    return { dryRun: false, count: ids.length, ids: named(ids), refused, left: 0, action };
  }

  private async answer(
    context: CommandContext,
    request: RedriveRequest,
    { actionId, ids }: Claimed,
  ) {
    const refused = request.ids
      ? await this.refused(context, 'redrive', without(request.ids, ids))
      : await this.actions.unredrivable(context, request.filter ?? {}, NAMED_MAX);
    if (request.ids && ids.length === 0) throw nothingTo('redrive', refused);
    const redrivable = await this.actions.left(context, request);
    return {
      dryRun: request.dryRun,
      count: ids.length,
      ids: named(ids),
      refused,
      // A dry run claims nothing, so the redrivable ones include those that it counted.
      left: request.dryRun ? Math.max(0, redrivable - ids.length) : redrivable,
      action: (actionId && (await this.deadLetters.action(actionId))) || null,
    };
  }

  private async refused(context: CommandContext, kind: 'redrive' | 'discard', ids: string[]) {
    return ids.length > 0 ? await this.actions.refused(context, kind, ids) : [];
  }

  // One unknown id refuses the whole request: an operator with one typing error may have made more.
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
