import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp, type AppOptions } from '../http/app.js';
import { createLogger, type Logger } from '../log.js';

/**
 * An app in a test: on a free port of this machine, and without log lines.
 *
 * @param options what the app is made of, with the logger that it is to use.
 */
export async function listenForTest(
  options: (logger: Logger) => Omit<AppOptions, 'logger'>,
): Promise<{ app: NestFastifyApplication; url: string }> {
  const logger = createLogger('test');
  logger.level = 'silent';
  const app = await createApp({ ...options(logger), logger });
  await app.listen(0, '127.0.0.1');
  return { app, url: await app.getUrl() };
}
