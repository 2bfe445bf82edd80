import 'reflect-metadata';
import helmet from '@fastify/helmet';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ConfigError } from './config.js';
import { createLogger, nestLogger, type Logger } from './log.js';
import { ProblemFilter } from './problem.js';

const BODY_LIMIT_BYTES = 64 * 1024;
// Longer than the slowest thing a request may wait for (the PSP timeout), so no answer is cut off.
const REQUEST_TIMEOUT_MS = 30_000;

export interface AppOptions {
  module: Type | DynamicModule;
  logger: Logger;
  bodyLimitBytes?: number;
  /** Keeps the bytes as received on `request.rawBody`, for checking a signature over them. */
  rawBody?: boolean;
  /** Makes a Problem of an error only this service can explain, and leaves every other as it is. */
  explain?: (error: unknown) => unknown;
}

/** A Nest application as every service here wants it; not yet listening. */
export async function createApp(options: AppOptions): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: options.bodyLimitBytes ?? BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: 'idle',
  });
  const app = await NestFactory.create<NestFastifyApplication>(options.module, adapter, {
    logger: nestLogger(options.logger),
    rawBody: options.rawBody ?? false,
    abortOnError: false,
  });
  // Without TLS of our own, a browser told to upgrade finds no page: Safari upgrades localhost too.
  await app.register(helmet, {
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
  });
  app.useGlobalFilters(new ProblemFilter(options.logger, options.explain));
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onResponse', (request, reply, done) => {
      const route = request.routeOptions.url;
      // Probes and scrapes come every few seconds and would bury the lines that matter.
      if (!route?.startsWith('/health') && route !== '/metrics') {
        options.logger.info(
          { method: request.method, route, status: reply.statusCode, ms: reply.elapsedTime },
          'request',
        );
      }
      done();
    });
  return app;
}

/**
 * Starts a service and stays until SIGTERM or SIGINT, which close it in order (Nest's shutdown hooks).
 * A start that fails, or an error nobody caught, ends the process non-zero: the supervisor restarts it.
 */
export async function runApp(options: {
  name: string;
  /** Reads the configuration and makes the app; a ConfigError is shown without a stack. */
  create: (logger: Logger) => Promise<{ app: NestFastifyApplication; port: number }>;
}): Promise<void> {
  const logger = createLogger(options.name);
  const die = (error: unknown) => {
    if (error instanceof ConfigError) process.stderr.write(`${options.name}: ${error.message}\n`);
    logger.fatal(
      error instanceof ConfigError ? { faults: error.faults } : { err: error },
      'exiting',
    );
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
  try {
    const { app, port } = await options.create(logger);
    app.enableShutdownHooks();
    await app.listen(port, '0.0.0.0');
    logger.info({ port }, 'listening');
  } catch (error) {
    die(error);
  }
}
