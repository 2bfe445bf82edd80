// The supervisor of `npm start -- --detach`. It writes to logs/supervisor.log.
import { readEnvironment } from '../../environment.js';
import { onInterrupt } from '../../../cli/run/interrupt.js';
import type { Message } from './detached-start.js';
import { ProgressPrinter } from '../progress/progress-printer.js';
import { stackFolder } from '../stack-folder.js';
import { startStack, type Progress, type Stack } from '../start-stack.js';

const printer = new ProgressPrinter((line) => console.log(`${new Date().toISOString()} ${line}`));
const starting = new AbortController();
let stack: Stack | undefined;

const tell = (message: Message) => {
  // The parent disconnects when the start is over.
  if (process.connected) process.send?.(message);
};
const onProgress = (progress: Progress) => {
  printer.show(progress);
  tell(progress);
};
const interrupted = onInterrupt(() => stack?.kill());
void interrupted.then(() => starting.abort(new Error('interrupted')));
// If the parent ends during the start, abort. Otherwise half a system would keep running.
process.once('disconnect', () => {
  if (!stack) starting.abort(new Error('the command that started this has ended'));
});

try {
  stack = await startStack({
    environment: readEnvironment(),
    folder: stackFolder(),
    apps: true,
    signal: starting.signal,
    onProgress,
  });
  tell({ kind: 'running' });
  await interrupted;
  await stack.stop();
  process.exit(0);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  console.error(`${new Date().toISOString()} ${message}`);
  // Exit only after the message is sent. The user sees no other explanation.
  if (process.connected)
    process.send?.({ kind: 'start failed', message } satisfies Message, () => process.exit(1));
  else process.exit(1);
}
