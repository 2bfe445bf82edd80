import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConnectApi, ConnectNotReady } from './connect-api.js';

let server: Server;
let connect: ConnectApi;
/** The answer of Connect to every request. */
let answer: { status: number; json?: unknown };

beforeAll(async () => {
  server = createServer((_request, response) => {
    const { status, json } = answer;
    if (json === undefined) response.writeHead(status).end();
    else
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  connect = new ConnectApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

it('an unknown connector is missing, but a worker that is starting has lost no connector', async () => {
  answer = { status: 404, json: { error_code: 404, message: 'No status found for connector' } };
  await expect(connect.status()).resolves.toBe('missing');
  answer = { status: 404 };
  await expect(connect.status()).rejects.toThrow(ConnectNotReady);
});

it('the offset of a connector is what it has published and Connect has stored', async () => {
  const offset = (kept: object | null) => ({
    status: 200,
    json: { offsets: [{ partition: { server: 'payments' }, offset: kept }] },
  });
  answer = offset({ lsn: 120, lsn_proc: 100, lsn_commit: 90 });
  await expect(connect.offset()).resolves.toEqual({ lsn: 100n, isSnapshot: false });
  answer = offset({ lsn: 120, snapshot: 'INITIAL', snapshot_completed: false });
  await expect(connect.offset()).resolves.toEqual({ lsn: 120n, isSnapshot: true });
  answer = offset(null);
  await expect(connect.offset()).resolves.toBe('none');
  answer = { status: 200, json: { offsets: [] } };
  await expect(connect.offset()).resolves.toBe('none');
  // A deleted connector: the 404 does not show which offset Connect has kept.
  answer = { status: 404, json: { message: 'Connector payments-outbox not found' } };
  await expect(connect.offset()).rejects.toThrow(ConnectNotReady);
});

it('shows why Connect refuses a request', async () => {
  answer = { status: 500, json: { message: 'out of memory' } };
  await expect(connect.stop()).rejects.toThrow(/Connect answered 500: .*out of memory/);
  answer = { status: 409, json: { message: 'rebalancing' } };
  await expect(connect.stop()).rejects.toThrow(ConnectNotReady);
});
