import type { StoryWorld } from './world.js';

/**
 * A scripted story about a failure. The page runs it, and so does the end-to-end test: there is one
 * definition, so they cannot differ.
 */
export interface Scenario {
  /** In addresses: `double-click`. */
  name: string;
  title: string;
  /** What happens. */
  behaviour: string;
  /** What it demonstrates, in the words of the field. */
  demonstrates: string;
  /** When it has succeeded. The audit at the end is always a part of it. */
  success: string;
  /** Where a visitor can see it with their own eyes. */
  proof: string;
  /** What it breaks. It cannot run where these cannot be broken. */
  breaks: readonly string[];
  /**
   * It also runs where the console may not touch what it breaks: its steps show the commands, and
   * wait for their effect.
   */
  byHand?: true;
  run(world: StoryWorld): Promise<void>;
}
