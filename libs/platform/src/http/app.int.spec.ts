import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { Controller, Get, Module } from '@nestjs/common';
import { listenForTest } from '../testing/listen-for-test.js';

@Module({})
class EmptyModule {}

let answer: () => void = () => undefined;

@Controller('slow')
class SlowController {
  @Get()
  async slow() {
    await new Promise<void>((resolve) => (answer = resolve));
    return { done: true };
  }
}

@Module({ controllers: [SlowController] })
class SlowModule {}

it('stops although a browser holds a connection that it has not used yet', async () => {
  const { app, url } = await listenForTest(() => ({ module: EmptyModule }));
  const { hostname, port } = new URL(url);
  const unused = connect({ host: hostname, port: Number(port) });
  await once(unused, 'connect');
  // The server answers this request, so it has accepted the connection before it.
  expect((await fetch(url)).status).toBe(404);
  await Promise.all([app.close(), once(unused, 'close')]);
});

// A client that keeps its connections would send its next request to the process that stops, be
// refused, and repeat it there. And the process would wait until the client drops the connection.
it('stops with the answer to its last request, and ends the connection of that request', async () => {
  const { app, url } = await listenForTest(() => ({ module: SlowModule }));
  const agent = new Agent({ keepAlive: true });
  const sent = request(`${url}/slow`, { agent });
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
  sent.end();
  await once(app.getHttpServer(), 'request');
  const closed = app.close();
  while (app.getHttpServer().listening) await new Promise(setImmediate);
  answer();
  const [response] = await answered;
  expect(await text(response)).toBe('{"done":true}');
  expect(response.headers.connection).toBe('close');
  await closed;
  agent.destroy();
});
