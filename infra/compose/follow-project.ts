import pc from 'picocolors';
import type { Environment } from '../environment.js';
import { watchContainers } from './container-events.js';
import { isLongRunning, LONG_RUNNING } from './services.js';
import { logTail } from './start-project.js';

/** Tells of every service that ends and comes back, until all have been removed by somebody else. */
export function followProject(
  environment: Environment,
  print: (line: string) => void,
): { ended: Promise<void>; close: () => void } {
  const present = new Set<string>(LONG_RUNNING);
  let isOver = () => {};
  const ended = new Promise<void>((resolve) => (isOver = resolve));
  const watch = watchContainers(environment, (event) => {
    const { service } = event;
    if (!isLongRunning(service)) return;
    switch (event.kind) {
      case 'created':
        present.add(service);
        return;
      case 'started':
        print(`  ${pc.green('✔')} ${service} runs again`);
        return;
      case 'healthy':
        return;
      case 'ended':
        void logTail(service, environment).then((tail) =>
          print(
            `  ${pc.yellow('↻')} ${service} ended with code ${event.exitCode}; its last lines:\n${tail}`,
          ),
        );
        return;
      case 'removed':
        present.delete(service);
        if (present.size === 0) isOver();
        return;
      default:
        event satisfies never;
    }
  });
  return { ended, close: watch.close };
}
