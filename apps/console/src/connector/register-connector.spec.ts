import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { registerConnector, retryUntilReady } from './register-connector.js';

/** The answers of Connect, in order. The last one repeats. */
let answers: Record<string, { status: number; body?: unknown }[]>;
let config: Record<string, string> | undefined;
let server: Server;

beforeEach(async () => {
  config = undefined;
  answers = { PUT: [{ status: 200 }], POST: [{ status: 202 }], GET: [running] };
  server = createServer((request, response) => {
    let received = '';
    request.on('data', (chunk) => (received += chunk));
    request.on('end', () => {
      const queue = answers[request.method!]!;
      const { status, body } = queue.length > 1 ? queue.shift()! : queue[0]!;
      if (request.method === 'PUT' && status === 200) {
        config = JSON.parse(received) as Record<string, string>;
      }
      if (status === 0) return void request.socket.destroy();
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(JSON.stringify(body ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const running = {
  status: 200,
  body: { connector: { state: 'RUNNING' }, tasks: [{ id: 0, state: 'RUNNING' }] },
};
const register = () =>
  registerConnector({
    connectUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    postgresHost: 'db.example',
    postgresPort: 5433,
    debeziumPassword: 'secret',
  });

it('fills in the address of PostgreSQL, and keeps the placeholder of Debezium', async () => {
  await register();
  expect(config).toMatchObject({
    'database.hostname': 'db.example',
    'database.port': '5433',
    'database.password': 'secret',
    'transforms.outbox.route.topic.replacement': '${routedByValue}',
  });
});

it('waits during a rebalance of Connect, and until the task has started', async () => {
  answers['PUT'] = [{ status: 409 }, { status: 200 }];
  const noTask = { status: 200, body: { connector: { state: 'RUNNING' }, tasks: [] } };
  answers['GET'] = [{ status: 404 }, noTask, running];
  await register();
});

it('asks again if Connect has closed the connection without an answer', async () => {
  answers['PUT'] = [{ status: 0 }, { status: 200 }];
  await register();
  expect(config).toBeDefined();
});

it('asks again after a request that Connect did not answer in time', async () => {
  let asked = 0;
  const late = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
  const ask = async () => {
    asked += 1;
    if (asked === 1) throw late;
    return 'ready';
  };
  await expect(retryUntilReady(ask)).resolves.toBe('ready');
});

it('shows the trace of a failed task', async () => {
  const failed = { id: 0, state: 'FAILED', trace: 'publication does not exist' };
  answers['GET'] = [{ status: 200, body: { connector: { state: 'RUNNING' }, tasks: [failed] } }];
  await expect(register()).rejects.toThrow(/payments-outbox failed:\npublication does not exist/);
});

it('shows why Connect refuses a configuration', async () => {
  answers['PUT'] = [{ status: 400, body: { message: 'unknown class' } }];
  await expect(register()).rejects.toThrow(/Connect answered 400: .*unknown class/);
});
