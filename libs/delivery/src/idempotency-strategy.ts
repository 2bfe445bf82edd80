/**
 * Makes an idempotent consumer: a redelivered record changes nothing. The strategy surrounds the
 * effect and does what must happen before, with and after it. So no caller can do these steps in
 * the wrong order.
 */
export interface IdempotencyStrategy<Event, Context> {
  /** What the next delivery does after a crash between the effect and its deduplication marker. */
  readonly crashAfterEffect: 'never repeats' | 'may repeat' | 'repeats invisibly';

  /**
   * Runs the effect, unless it was applied before. If the effect throws, this throws too, and it
   * leaves no state that makes the next delivery look like a duplicate.
   *
   * @throws IdempotencyCollision when the same id was applied with other content.
   */
  once(event: Event, effect: (context: Context) => Promise<void>): Promise<Applied>;
}

/** `duplicate`: the effect was applied before and is not repeated. Both outcomes are success. */
export type Applied = 'applied' | 'duplicate';
