import { USER_ID } from '@effectively-once/contracts';
import 'reflect-metadata';
import { createLogger } from '@effectively-once/platform';
import { RequestMethod, type DynamicModule, type Type } from '@nestjs/common';
import { METHOD_METADATA, MODULE_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { appModule } from '../../app.module.js';
import { consoleConfig } from '../../config.js';
import { DEMO_AUTH_SECRET } from '../demo/demo-mode.js';
import { consoleOpenApi } from './openapi.js';

type Import = DynamicModule | Type;

/** Every controller of a module and of its imports. */
function controllersOf(module: Import, seen = new Set<unknown>()): Type[] {
  if (seen.has(module)) return [];
  seen.add(module);
  const isDynamic = typeof module === 'object';
  const type = isDynamic ? module.module : module;
  const declared = <Value>(name: string) => (Reflect.getMetadata(name, type) ?? []) as Value[];
  const imports = [
    ...declared<Import>(MODULE_METADATA.IMPORTS),
    ...((isDynamic ? (module.imports ?? []) : []) as Import[]),
  ];
  return [
    ...declared<Type>(MODULE_METADATA.CONTROLLERS),
    ...(isDynamic ? (module.controllers ?? []) : []),
    ...imports.flatMap((one) => controllersOf(one, seen)),
  ];
}

function routesOf(controller: Type): string[] {
  const prototype = controller.prototype as Record<string, object>;
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const handler = Object.getOwnPropertyDescriptor(prototype, name)?.value as object | undefined;
    if (!handler || !Reflect.hasMetadata(METHOD_METADATA, handler)) return [];
    const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod];
    const parts = [controller, handler].map(
      (target) => Reflect.getMetadata(PATH_METADATA, target) as string,
    );
    const path = parts
      .flatMap((part) => part.split('/'))
      .filter((part) => part !== '')
      .join('/');
    return [`${method} /${path.replace(/:(\w+)/g, '{$1}')}`];
  });
}

function registeredRoutes(): string[] {
  const url = 'http://127.0.0.1:1';
  const database = 'postgres://user:secret@127.0.0.1:1/console';
  const config = consoleConfig.parse({
    NODE_ENV: 'test',
    CONSOLE_PORT: '8080',
    CONSOLE_DATABASE_URL: database,
    AUTH_JWT_SECRET: DEMO_AUTH_SECRET,
    AUDITOR_PAYMENTS_URL: database,
    AUDITOR_LOYALTY_URL: database,
    AUDITOR_CONSOLE_URL: database,
    KAFKA_BROKERS: '127.0.0.1:1',
    REDIS_URL: 'redis://127.0.0.1:1',
    ELASTICSEARCH_URL: url,
    THIRD_PARTIES_URL: url,
    PAYMENTS_URL: url,
    PAYMENTS_PUBLIC_URL: url,
    CONSUMER_STATE_TOKEN: 'a-token-of-the-demo',
    EMAIL_URL: url,
    LOYALTY_URL: url,
    SEARCH_URL: url,
    CONNECT_URL: url,
    DEBEZIUM_DATABASE_URL: database,
    DEMO_CONTROLS: '1',
  });
  const logger = createLogger('console');
  return controllersOf(appModule(config, logger)).flatMap(routesOf);
}

describe('the OpenAPI document of the console', () => {
  it('describes every route under /api, and no other', () => {
    const described = Object.entries(consoleOpenApi().paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const registered = registeredRoutes().filter((route) => route.includes(' /api/'));
    expect(described.sort()).toEqual([...new Set(registered)].sort());
  });

  it('is served by the console', () => {
    expect(registeredRoutes()).toContain('GET /openapi.json');
  });

  it('refers to no schema that it does not have', () => {
    const document = consoleOpenApi();
    const named = [...JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)];
    const unknown = named.filter(([, name = '']) => !(name in document.components.schemas));
    expect(unknown).toEqual([]);
  });

  it('gives each parameter of a query the rule that checks it', () => {
    expect(consoleOpenApi().paths['/api/payments']?.['get']).toMatchObject({
      parameters: [
        { name: 'userId', in: 'query', schema: { pattern: USER_ID.source } },
        { name: 'orderId', in: 'query', schema: { pattern: '^[A-Za-z0-9_-]{1,64}$' } },
        { name: 'status', in: 'query' },
        { name: 'effects', in: 'query' },
        { name: 'cursor', in: 'query', schema: { format: 'uuid' } },
      ],
    });
  });
});
