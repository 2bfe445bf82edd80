import type { LoggerService } from '@nestjs/common';
import { destination, pino, type Logger } from 'pino';

export type { Logger } from 'pino';

/** Lines below `warn` wait for each other: this long, or until there are so many. */
const TOGETHER_WITHIN_MS = 200;
const LINES_TOGETHER_MAX = 100;
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
  const lines = new LinesTogether(destination({ dest: output, sync: true }));
  const warn = pino.levels.values['warn'] ?? 0;
  process.on('exit', () => lines.flush());
  return pino(
    {
      name,
      level: 'info',
      base: { name, pid: process.pid },
      hooks: {
        logMethod(line, write, level) {
          write.apply(this, line);
          if (level >= warn) lines.flush();
        },
      },
    },
    lines,
  );
}

// pino can collect lines too, but it measures and copies what has come together for each new line,
// and it can empty its buffer only together with an fsync.
class LinesTogether {
  private lines: string[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly output: { write: (text: string) => unknown }) {}

  write(line: string): void {
    this.lines.push(line);
    if (this.lines.length >= LINES_TOGETHER_MAX) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), TOGETHER_WITHIN_MS).unref();
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.lines.length > 0) this.output.write(this.lines.splice(0).join(''));
  }
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
