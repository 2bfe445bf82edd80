/**
 * Makes an effect safe to repeat by surrounding it: whatever must happen before, with and after the
 * effect is the strategy's, so no caller can do it in the wrong order.
 */
export interface IdempotencyStrategy<Event, Context> {
  /** What a process killed between the effect and its mark leaves for the next delivery to do. */
  readonly crashAfterEffect: 'never repeats' | 'may repeat' | 'repeats invisibly';

  /**
   * Runs the effect unless it was done before. If the effect throws, this throws, and nothing is left
   * behind that would make the next delivery look like a duplicate.
   *
   * @throws IdempotencyCollision when the same id was applied with other content.
   */
  once(event: Event, effect: (context: Context) => Promise<void>): Promise<Applied>;
}

/** `duplicate`: it had been applied before, and nothing was done now. Both are success. */
export type Applied = 'applied' | 'duplicate';
