import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { Body, Controller, Get, Module, Param, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { listenForTest } from '../testing/listen-for-test.js';

let release: (() => void) | undefined;

@Controller('things')
class ThingsController {
  @Get(':id')
  one(@Param('id') id: string) {
    return { id };
  }

  @Post('slow')
  async slow(@Body() _body: unknown) {
    await new Promise<void>((resolve) => (release = resolve));
    return { done: true };
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

let app: NestFastifyApplication;
let url: string;
beforeEach(async () => {
  ({ app, url } = await listenForTest(() => ({ module: ThingsModule, requestTimeoutMs: 400 })));
});
afterEach(async () => {
  release?.();
  await app.close();
});

/** Sends these bytes, and returns all that the server answers until it closes. */
async function answerTo(bytes: string): Promise<{ head: string; body: string }> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  await once(socket, 'connect');
  socket.write(bytes, 'latin1');
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
  return { head: head.toLowerCase(), body };
}

const get = (path: string, headers = 'Host: a\r\nConnection: close\r\n') =>
  `GET ${path} HTTP/1.1\r\n${headers}\r\n`;
const post = (rest: string) => `POST /things/slow HTTP/1.1\r\nHost: a\r\n${rest}`;

it.each([
  ['a control character in a header', get('/things/1', 'Host: a\r\nX: a\u0001b\r\n'), 400],
  ['a space in the name of a header', get('/things/1', 'Host: a\r\nX Y: 1\r\n'), 400],
  ['headers of 20 kB', get('/things/1', `Host: a\r\nX: ${'x'.repeat(20_000)}\r\n`), 431],
  ['no HTTP', 'hello\r\n\r\n', 400],
  ['no Host header', get('/things/1', 'Connection: close\r\n'), 400],
  ['a path that cannot be decoded', get('/things/%zz'), 400],
  ['a path with a long parameter', get(`/things/${'x'.repeat(1_000)}`), 404],
  ['an unknown method', 'PROPFIND / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 404],
  ['an expectation', get('/things/1', 'Host: a\r\nExpect: more\r\nConnection: close\r\n'), 417],
  ['two lengths', post('Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}'), 400],
  ['a broken chunk', post('Transfer-Encoding: chunked\r\n\r\nzz\r\n'), 400],
  ['half a request', 'GET /things/1 HTTP/1.1\r\nHost:', 408],
  ['half a body', post('Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{'), 408],
])('%s is answered with a problem document', async (_, bytes, status) => {
  const { head, body } = await answerTo(bytes);
  expect(head).toMatch(new RegExp(`^http/1.1 ${status} `));
  expect(head).toContain('content-type: application/problem+json');
  expect(JSON.parse(body)).toMatchObject({
    type: expect.stringContaining('https://'),
    status,
    detail: expect.any(String),
  });
});

it('garbage behind a request that is worked on is not read as its answer', async () => {
  const body = 'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}';
  const answer = answerTo(post(`${body}\u0001\u0001\r\n\r\n`));
  await expect(answer).resolves.toEqual({ head: '', body: '' });
});

it.each([
  ['garbage', (socket: Socket) => socket.write('\u0001\u0001\r\n\r\n'), / 400 /],
  ['a reset', (socket: Socket) => socket.resetAndDestroy(), /^$/],
])(
  '%s on a connection whose request has its answer does not end the process',
  async (_, send, answer) => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.write(get('/things/1', 'Host: a\r\n'));
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/^HTTP\/1.1 200 /);
    const closed = text(socket).catch(() => '');
    send(socket);
    expect((await closed).split('\r\n')[0]).toMatch(answer);
    const next = await fetch(`${url}/things/2`);
    await expect(next.json()).resolves.toEqual({ id: '2' });
  },
);

it('a parameter of 128 characters is found, also percent-encoded', async () => {
  const id = '|'.repeat(128);
  const response = await fetch(`${url}/things/${encodeURIComponent(id)}`);
  await expect(response.json()).resolves.toEqual({ id });
});
