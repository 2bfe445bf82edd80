import { once } from 'node:events';
import { connect } from 'node:net';
import { Module } from '@nestjs/common';
import { createApp } from './app.js';
import { createLogger } from '../log.js';

@Module({})
class EmptyModule {}

it('stops although a browser holds a connection that it has not used yet', async () => {
  const logger = createLogger('test');
  logger.level = 'silent';
  const app = await createApp({ module: EmptyModule, logger });
  await app.listen(0, '127.0.0.1');
  const { hostname, port } = new URL(await app.getUrl());
  const unused = connect({ host: hostname, port: Number(port) });
  await once(unused, 'connect');
  // The server answers this request, so it has accepted the connection before it.
  expect((await fetch(await app.getUrl())).status).toBe(404);
  await Promise.all([app.close(), once(unused, 'close')]);
});
