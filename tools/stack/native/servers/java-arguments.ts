import { join } from 'node:path';
import type { StackContext } from './stack-context.js';

/** For Kafka's two programs: one class path, a small heap, and what makes a JVM start sooner. */
export function javaArguments(
  { folder, programs }: StackContext,
  options: { name: string; heapMb: number },
): string[] {
  return [
    `-Xmx${options.heapMb}m`,
    '-XX:+UseSerialGC',
    // The optimizing compiler would spend the first minute competing with everything else that starts.
    '-XX:TieredStopAtLevel=1',
    '-XX:+ExitOnOutOfMemoryError',
    `-XX:ErrorFile=${join(folder.logs, `${options.name}-crash.log`)}`,
    '-cp',
    `${join(programs.javaServers, 'kafka', '*')}:${join(folder.config, 'kafka')}`,
  ];
}
