import { availableParallelism, totalmem } from 'node:os';

// A whole system, with the worker that tells its stories, takes 3 GB at its busiest (measured), and whoever
// runs the tests has other things open.
const STACK_BYTES = 6 * 1024 ** 3;

/** Tests on servers mostly wait: two stacks keep two cores busy, and more would slow each other down. */
const STACKS_MAX = 2;

/** How many stacks to test on side by side. */
export function stacksThisMachineCarries(
  // Less than the machine's, inside a container.
  bytes = Math.min(totalmem(), process.constrainedMemory() || Infinity),
  cores = availableParallelism(),
): number {
  return Math.max(1, Math.min(STACKS_MAX, cores, Math.floor(bytes / STACK_BYTES)));
}
