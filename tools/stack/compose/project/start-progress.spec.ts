import type { Progress } from '../../native/start-stack.js';
import type { ContainerEvent } from './container-events.js';
import { StartProgress } from './start-progress.js';

function shownFor(...events: ContainerEvent[]) {
  const shown: Progress[] = [];
  const failures: string[] = [];
  const progress = new StartProgress(
    (line) => shown.push(line),
    ({ service, exitCode }) => failures.push(`${service} ${exitCode}`),
  );
  events.forEach(progress.see);
  return { shown, failures };
}

const at = (atMs: number, service: string, kind: 'started' | 'healthy') =>
  ({ kind, service, atMs }) as const;
const ended = (atMs: number, service: string, exitCode: number) =>
  ({ kind: 'ended', service, atMs, exitCode }) as const;

describe('the progress of a compose start', () => {
  it('marks a server done when it is healthy, with the seconds since its start', () => {
    const { shown, failures } = shownFor(
      at(1_000, 'kafka', 'started'),
      at(3_500, 'kafka', 'healthy'),
    );
    expect(shown).toEqual([
      { kind: 'started', step: 'kafka' },
      { kind: 'done', step: 'kafka', seconds: 2.5 },
    ]);
    expect(failures).toEqual([]);
  });

  it('marks a one-shot done when it ends with code 0', () => {
    const { shown, failures } = shownFor(at(0, 'migrate', 'started'), ended(700, 'migrate', 0));
    expect(shown.at(-1)).toEqual({ kind: 'done', step: 'migrate', seconds: 0.7 });
    expect(failures).toEqual([]);
  });

  it('fails if a one-shot ends with another code', () => {
    const { shown, failures } = shownFor(at(0, 'topics', 'started'), ended(900, 'topics', 1));
    expect(shown.at(-1)).toEqual({ kind: 'failed', step: 'topics', seconds: 0.9 });
    expect(failures).toEqual(['topics 1']);
  });

  it('fails if a server ends, even with code 0', () => {
    expect(shownFor(at(0, 'redis', 'started'), ended(100, 'redis', 0)).failures).toEqual([
      'redis 0',
    ]);
  });

  it('fails if a server that ran before the start ends', () => {
    const { shown, failures } = shownFor(ended(100, 'redis', 137));
    expect(shown).toEqual([]);
    expect(failures).toEqual(['redis 137']);
  });
});
