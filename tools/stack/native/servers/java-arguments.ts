import { join } from 'node:path';
import type { StackContext } from './stack-context.js';

/**
 * JVM arguments for Kafka and Connect: one class path, a small heap, and options for a fast start.
 */
export function javaArguments(
  { folder, programs }: StackContext,
  options: { name: string; heapMb: number },
): string[] {
  return [
    `-Xmx${options.heapMb}m`,
    '-XX:+UseSerialGC',
    // In the first ten minutes the optimizing compiler costs more than its code saves.
    '-XX:TieredStopAtLevel=1',
    '-XX:+ExitOnOutOfMemoryError',
    `-XX:ErrorFile=${join(folder.logs, `${options.name}-crash.log`)}`,
    '-cp',
    `${join(programs.javaServers, 'kafka', '*')}:${join(folder.config, 'kafka')}`,
  ];
}
