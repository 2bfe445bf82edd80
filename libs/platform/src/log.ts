import type { LoggerService } from '@nestjs/common';
import { destination, pino, type Logger } from 'pino';

export type { Logger } from 'pino';

/** Lines below `warn` wait for each other: this long, or until so much has come together. */
const TOGETHER_WITHIN_MS = 200;
const TOGETHER_BYTES = 4_096;
const STANDARD_OUTPUT = 1;

/**
 * One JSON line per event, on standard output. Callers log ids and outcomes, never personal data.
 *
 * Lines of `info` and below share a write, because a write for each line costs more than the line.
 * A killed process loses those of its last TOGETHER_WITHIN_MS. From `warn` on, a line is written at
 * once, after those before it: it may be the last one that explains a crash.
 *
 * @param output a file descriptor or a path.
 */
export function createLogger(name: string, output: number | string = STANDARD_OUTPUT): Logger {
  const lines = destination({ dest: output, sync: true, minLength: TOGETHER_BYTES });
  const warn = pino.levels.values['warn'] ?? 0;
  let flushing: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(flushing);
    flushing = undefined;
    lines.flushSync();
  };
  process.on('exit', flush);
  return pino(
    {
      name,
      level: 'info',
      base: { name, pid: process.pid },
      hooks: {
        logMethod(line, write, level) {
          write.apply(this, line);
          if (level >= warn) flush();
          else flushing ??= setTimeout(flush, TOGETHER_WITHIN_MS).unref();
        },
      },
    },
    lines,
  );
}

/** Sends Nest's own messages to our logger. */
export function nestLogger(logger: Logger): LoggerService {
  const context = (parameters: unknown[]) => ({ context: parameters.at(-1) });
  return {
    log: (message: unknown, ...rest: unknown[]) => logger.debug(context(rest), String(message)),
    warn: (message: unknown, ...rest: unknown[]) => logger.warn(context(rest), String(message)),
    error: (message: unknown, ...rest: unknown[]) => logger.error(context(rest), String(message)),
    fatal: (message: unknown, ...rest: unknown[]) => logger.fatal(context(rest), String(message)),
  };
}
