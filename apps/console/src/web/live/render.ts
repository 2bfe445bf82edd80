import { batch, signal } from '@preact/signals';
import { coalesce } from './coalesce.js';

/**
 * Whatever the server sends goes through here: one render for all of it, at most 4 a second. What
 * the visitor does (a key, a click) is rendered at once and does not go through here.
 */
export const atNextRender = coalesce(
  (changes) => batch(() => changes.forEach((change) => change())),
  {
    nowMs: () => performance.now(),
    frame: (run) => void requestAnimationFrame(run),
    later: (run, ms) => void setTimeout(run, ms),
  },
);

/** The page's clock, in milliseconds since 1970. It advances once a second, for "12 s ago". */
export const clock = signal(Date.now());

setInterval(() => atNextRender(() => (clock.value = Date.now())), 1_000);
