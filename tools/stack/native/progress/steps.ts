export interface Step {
  name: string;
  /** Names of the steps that must end before this one starts. */
  after: readonly string[];
  run: (signal: AbortSignal) => Promise<void>;
}

export type StepEvent =
  { step: string; kind: 'started' } | { step: string; kind: 'done' | 'failed'; seconds: number };

/**
 * Runs each step as soon as the steps before it are done, so that only the slowest chain determines
 * the total time. The first failure aborts the other steps and is thrown after all have ended.
 */
export async function runSteps(
  steps: readonly Step[],
  options: { signal: AbortSignal; onEvent: (event: StepEvent) => void },
): Promise<void> {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const running = new Map<string, Promise<void>>();
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);

  const start = (name: string): Promise<void> => {
    const known = running.get(name);
    if (known) return known;
    const step = byName.get(name);
    if (!step) throw new Error(`no step is called ${name}`);
    const result = Promise.all(step.after.map(start)).then(() => runStep(step, signal, options));
    running.set(name, result);
    result.catch((error: unknown) => failed.abort(error));
    return result;
  };
  const results = await Promise.allSettled(steps.map(({ name }) => start(name)));
  if (failed.signal.aborted) throw failed.signal.reason;
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

async function runStep(
  step: Step,
  signal: AbortSignal,
  { onEvent }: { onEvent: (event: StepEvent) => void },
): Promise<void> {
  signal.throwIfAborted();
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  onEvent({ step: step.name, kind: 'started' });
  try {
    await step.run(signal);
    onEvent({ step: step.name, kind: 'done', seconds: seconds() });
  } catch (error) {
    if (!signal.aborted) onEvent({ step: step.name, kind: 'failed', seconds: seconds() });
    throw error;
  }
}
