// The supervisor that `npm start -- --detach` leaves running. Its output is logs/supervisor.log.
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
  // Gone once the start is over.
  if (process.connected) process.send?.(message);
};
const onProgress = (progress: Progress) => {
  printer.show(progress);
  tell(progress);
};
const interrupted = onInterrupt(() => stack?.kill());
void interrupted.then(() => starting.abort(new Error('interrupted')));
// Whoever waited for the start has gone: nobody would ever stop what it left half started.
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
  // Not before the message is out: it is all the user will see.
  if (process.connected)
    process.send?.({ kind: 'gave up', message } satisfies Message, () => process.exit(1));
  else process.exit(1);
}
