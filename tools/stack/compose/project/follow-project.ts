import pc from 'picocolors';
import type { Environment } from '../../environment.js';
import { watchContainers, type ContainerEvent } from './container-events.js';
import { logTail } from '../log-tail.js';
import { isLongRunning, LONG_RUNNING } from '../services.js';

/** Reports every service that ends or restarts, until another command has removed all of them. */
export function followProject(
  environment: Environment,
  print: (line: string) => void,
): { ended: Promise<void>; close: () => void } {
  const present = new Set<string>(LONG_RUNNING);
  let endNow = () => {};
  const ended = new Promise<void>((resolve) => (endNow = resolve));
  let told = Promise.resolve();
  const watch = watchContainers(environment, (event) => {
    if (!isLongRunning(event.service)) return;
    if (event.kind === 'created') present.add(event.service);
    if (event.kind === 'removed') present.delete(event.service);
    if (present.size === 0) endNow();
    // One after the other: reading a log takes so long that the line about the restart would come
    // first.
    told = told.then(async () => {
      const line = await news(event, environment);
      if (line !== undefined) print(line);
    });
  });
  return { ended, close: watch.close };
}

async function news(event: ContainerEvent, environment: Environment): Promise<string | undefined> {
  switch (event.kind) {
    case 'ended': {
      const tail = await logTail(event.service, { environment, untilMs: event.atMs });
      const how = `ended with code ${event.exitCode}; its last lines:`;
      return `  ${pc.yellow('↻')} ${event.service} ${how}\n${tail}`;
    }
    case 'started':
      return `  ${pc.green('✔')} ${event.service} runs again`;
    case 'created':
    case 'healthy':
    case 'removed':
      return undefined;
    default:
      return event satisfies never;
  }
}
