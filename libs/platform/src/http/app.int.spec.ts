import { once } from 'node:events';
import { connect } from 'node:net';
import { Module } from '@nestjs/common';
import { listenForTest } from '../testing/listen-for-test.js';

@Module({})
class EmptyModule {}

it('stops although a browser holds a connection that it has not used yet', async () => {
  const { app, url } = await listenForTest(() => ({ module: EmptyModule }));
  const { hostname, port } = new URL(url);
  const unused = connect({ host: hostname, port: Number(port) });
  await once(unused, 'connect');
  // The server answers this request, so it has accepted the connection before it.
  expect((await fetch(url)).status).toBe(404);
  await Promise.all([app.close(), once(unused, 'close')]);
});
