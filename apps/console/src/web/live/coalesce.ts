/** Four renders a second: faster numbers cannot be read, and would cost every visitor's battery. */
const EVERY_MS = 250;

export interface Frames {
  nowMs: () => number;
  frame: (run: () => void) => void;
  later: (run: () => void, ms: number) => void;
}

/**
 * Collects changes and applies all of them in one frame, at most once in 250 ms, however many
 * arrive. The first change after a quiet time is applied in the next frame.
 *
 * @param apply runs the collected changes. It batches them into one render.
 */
export function coalesce(apply: (changes: (() => void)[]) => void, frames: Frames) {
  let changes: (() => void)[] = [];
  let appliedAtMs = -Infinity;
  let isScheduled = false;
  const flush = () => {
    const collected = changes;
    changes = [];
    isScheduled = false;
    appliedAtMs = frames.nowMs();
    apply(collected);
  };
  return (change: () => void): void => {
    changes.push(change);
    if (isScheduled) return;
    isScheduled = true;
    const waitMs = appliedAtMs + EVERY_MS - frames.nowMs();
    if (waitMs <= 0) frames.frame(flush);
    else frames.later(() => frames.frame(flush), waitMs);
  };
}
