import { availableParallelism, totalmem } from 'node:os';

// One stack and its Jest worker need up to 3 GB (measured). The rest is for the other programs of
// the developer.
const STACK_BYTES = 6 * 1024 ** 3;

/**
 * Tests on servers mostly wait. Two stacks keep two cores busy; more would slow each other down.
 */
const STACKS_MAX = 2;

/** The number of test stacks that this machine can run side by side. */
export function stacksForThisMachine(
  // Inside a container the limit is lower than the machine's memory.
  bytes = Math.min(totalmem(), process.constrainedMemory() || Infinity),
  cores = availableParallelism(),
): number {
  return Math.max(1, Math.min(STACKS_MAX, cores, Math.floor(bytes / STACK_BYTES)));
}
