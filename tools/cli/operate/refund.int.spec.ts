import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { repositoryRoot } from '../../repository-root.js';

const PROGRAM = join(repositoryRoot, 'tools', 'dist', 'cli', 'operate', 'refund.js');

/** Payments, as far as the command sees it. */
let server: Server;
let url: string;
let answer: { status: number; body: object };
const requests: { path: string; body: unknown; claims: Record<string, unknown> }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    void text(request).then((body) => {
      const claims = String(request.headers.authorization).split('.')[1] ?? '';
      requests.push({
        path: `${request.method} ${request.url}`,
        body: JSON.parse(body),
        claims: JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>,
      });
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.body));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const refund = (...args: string[]) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(
      process.execPath,
      [PROGRAM, ...args],
      { env: { ...process.env, PAYMENTS_URL: url, USER: 'olga' } },
      (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err }),
    );
  });

it('closes a refund in the name of the operator, with the reason', async () => {
  answer = { status: 200, body: { capture: 'pi_1', status: 'paid_otherwise' } };
  const { code, out } = await refund('close', 'pi_1', '--reason', 'bank transfer 4711');
  expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('pi_1 is closed') });
  expect(requests.at(-1)).toEqual({
    path: 'POST /internal/refunds/pi_1/close',
    body: { reason: 'bank transfer 4711' },
    claims: expect.objectContaining({ sub: 'olga', role: 'operator' }),
  });
});

it('says why nothing was closed, with another exit code', async () => {
  answer = { status: 409, body: { detail: 'Nothing was closed: a refund lives at the PSP.' } };
  const { code, err } = await refund('close', 'pi_1', '--reason', 'cash');
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('lives at the PSP') });
});

it('asks nothing without a reason', async () => {
  const before = requests.length;
  expect((await refund('close', 'pi_1')).code).not.toBe(0);
  expect(requests).toHaveLength(before);
});
