import 'reflect-metadata';
import type { Socket } from 'node:net';
import helmet from '@fastify/helmet';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ConfigError } from '../config.js';
import { createLogger, nestLogger, type Logger } from '../log.js';
import { clientErrorHandler, frameworkErrors, refuseInHooks } from './outside-nest.js';
import { ProblemFilter } from './problem.js';

const BODY_LIMIT_BYTES = 64 * 1024;
// Longer than the slowest wait in a request (the PSP timeout), so that the server cancels no
// answer.
const REQUEST_TIMEOUT_MS = 30_000;
// A user id of 128 characters, each percent-encoded. A longer one would be a 404 by Fastify.
const PATH_PARAMETER_MAX = 3 * 128;

export interface AppOptions {
  module: Type | DynamicModule;
  logger: Logger;
  bodyLimitBytes?: number;
  /** How long a request may take to arrive. */
  requestTimeoutMs?: number;
  /** Keeps the received bytes in `request.rawBody`, to check a signature over them. */
  rawBody?: boolean;
  /**
   * Turns errors that only this service can explain into a Problem; returns all others unchanged.
   */
  explain?: (error: unknown) => unknown;
}

/**
 * Creates the Nest application with the settings that all services share. It does not listen yet.
 */
export async function createApp(options: AppOptions): Promise<NestFastifyApplication> {
  const requestTimeout = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  const adapter = new FastifyAdapter({
    bodyLimit: options.bodyLimitBytes ?? BODY_LIMIT_BYTES,
    requestTimeout,
    forceCloseConnections: 'idle',
    // JSON may have a key of this kind. A merchant's metadata in an event of the PSP can have it,
    // and a refused event is sent again for three days.
    onProtoPoisoning: 'remove',
    onConstructorPoisoning: 'remove',
    routerOptions: { maxParamLength: PATH_PARAMETER_MAX },
    // Refused in a hook, with a problem document.
    return503OnClosing: false,
    http: {
      requireHostHeader: false,
      requestTimeout,
      // With its default, which is longer, Node.js 20 does not notice a body that does not come.
      headersTimeout: requestTimeout,
      connectionsCheckingInterval: requestTimeout / 2,
    },
    clientErrorHandler,
    frameworkErrors,
  });
  const app = await NestFactory.create<NestFastifyApplication>(options.module, adapter, {
    logger: nestLogger(options.logger),
    rawBody: options.rawBody ?? false,
    abortOnError: false,
  });
  // We serve no TLS. If the header told a browser to upgrade, it would find no page. Safari
  // upgrades localhost too.
  await app.register(helmet, {
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
  });
  app.useGlobalFilters(new ProblemFilter(options.logger, options.explain));
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onResponse', (request, reply, done) => {
      const route = request.routeOptions.url;
      // Do not log probes and scrapes: they arrive every few seconds and would hide other lines.
      if (!route?.startsWith('/health') && route !== '/metrics') {
        options.logger.info(
          { method: request.method, route, status: reply.statusCode, ms: reply.elapsedTime },
          'request',
        );
      }
      done();
    });
  refuseInHooks(app);
  closeUnusedConnections(app);
  // Nest ends the process with the signal that stopped it, which runs no exit handler.
  adapter.getInstance().addHook('onClose', async () => options.logger.flush());
  return app;
}

/**
 * A browser opens connections ahead of its next request. Node.js does not count them as idle until
 * a first request has come, and would wait for one while the app stops.
 */
function closeUnusedConnections(app: NestFastifyApplication): void {
  const sockets = new Set<Socket>();
  const server = app.getHttpServer();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('preClose', (done) => {
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    done();
  });
}

/**
 * Starts a service. SIGTERM and SIGINT stop it gracefully (Nest's shutdown hooks). If the start
 * fails, or an error is not caught, the process exits non-zero, and the supervisor restarts it.
 */
export async function runApp(options: {
  name: string;
  /** Reads the configuration and creates the app. A ConfigError is printed without a stack. */
  create: (logger: Logger) => Promise<{ app: NestFastifyApplication; port: number; host: string }>;
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
    const { app, port, host } = await options.create(logger);
    app.enableShutdownHooks();
    await app.listen(port, host);
    logger.info({ port, host }, 'listening');
  } catch (error) {
    die(error);
  }
}
