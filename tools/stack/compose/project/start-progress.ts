import type { Progress } from '../../native/start-stack.js';
import type { ContainerEvent, ContainerEnded } from './container-events.js';
import { isLongRunning } from '../services.js';

/**
 * Turns container events into progress lines. A long-running service is done when it is healthy, a
 * one-shot when it ends with code 0.
 */
export class StartProgress {
  private readonly startedAtMs = new Map<string, number>();

  constructor(
    private readonly show: (progress: Progress) => void,
    /** Without it, docker would restart a failing program until the start times out. */
    private readonly onFailure: (event: ContainerEnded) => void,
  ) {}

  readonly see = (event: ContainerEvent): void => {
    switch (event.kind) {
      case 'started':
        this.startedAtMs.set(event.service, event.atMs);
        this.show({ kind: 'started', step: event.service });
        return;
      case 'healthy':
        this.end(event, 'done');
        return;
      case 'ended': {
        const isWell = event.exitCode === 0 && !isLongRunning(event.service);
        this.end(event, isWell ? 'done' : 'failed');
        if (!isWell) this.onFailure(event);
        return;
      }
      case 'created':
      case 'removed':
        return;
      default:
        event satisfies never;
    }
  };

  private end({ service, atMs }: ContainerEvent, kind: 'done' | 'failed'): void {
    const startedAtMs = this.startedAtMs.get(service);
    // The container ran before this start, or was reported already.
    if (startedAtMs === undefined) return;
    this.startedAtMs.delete(service);
    this.show({ kind, step: service, seconds: (atMs - startedAtMs) / 1000 });
  }
}
