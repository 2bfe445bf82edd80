import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';

export type { Logger } from 'pino';

/**
 * One JSON line per event, on standard output. Callers log ids and outcomes, never personal data.
 */
export function createLogger(name: string): Logger {
  return pino({ name, level: 'info', base: { name, pid: process.pid } });
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
