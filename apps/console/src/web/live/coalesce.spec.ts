import { coalesce } from './coalesce.js';

function world() {
  let nowMs = 0;
  let timers: { at: number; run: () => void }[] = [];
  const renders: { at: number; changes: number }[] = [];
  const later = (run: () => void, ms: number) => timers.push({ at: nowMs + ms, run });
  const soon = coalesce(
    (changes) => {
      renders.push({ at: nowMs, changes: changes.length });
      for (const change of changes) change();
    },
    { nowMs: () => nowMs, frame: (run) => later(run, 16), later },
  );
  const advance = (ms: number) => {
    for (const end = nowMs + ms; nowMs < end; nowMs += 1) {
      const due = timers.filter(({ at }) => at <= nowMs);
      timers = timers.filter(({ at }) => at > nowMs);
      for (const { run } of due) run();
    }
  };
  return { soon, advance, renders };
}

describe('changes that arrive faster than they can be read', () => {
  it('are applied at most four times a second, and all of them', () => {
    const { soon, advance, renders } = world();
    let applied = 0;
    for (let count = 0; count < 1_150; count += 1) {
      soon(() => (applied += 1));
      advance(1);
    }
    advance(600);
    expect(applied).toBe(1_150);
    const gaps = renders.slice(1).map(({ at }, index) => at - renders[index]!.at);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(250);
    expect(renders.length).toBeLessThanOrEqual(6);
  });

  it('are applied in the next frame after a quiet time', () => {
    const { soon, advance, renders } = world();
    soon(() => undefined);
    advance(20);
    expect(renders).toEqual([{ at: 16, changes: 1 }]);
  });

  it('may cause further changes, which wait for their turn', () => {
    const { soon, advance, renders } = world();
    soon(() => soon(() => undefined));
    advance(400);
    expect(renders.map(({ changes }) => changes)).toEqual([1, 1]);
  });
});
