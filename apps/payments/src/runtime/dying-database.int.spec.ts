import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { pool, paymentsDataSource } from './database.js';
import { freshDatabase } from '../testing/fresh-database.js';

const message = (type: string, content: Buffer) => {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
};

// PostgreSQL's protocol, version 3: AuthenticationOk, ReadyForQuery and a fatal ErrorResponse. In
// one packet, as from a dying server.
const READY_THEN_FATAL = Buffer.concat([
  message('R', Buffer.alloc(4)),
  message('Z', Buffer.from('I')),
  message('E', Buffer.from('SFATAL\0C57P01\0Mterminating connection\0\0')),
]);

it('a database that dies during the handshake fails a query, not the process', async () => {
  const database = await freshDatabase();
  const real = new URL(database.as('payments_app'));
  const sockets: Socket[] = [];
  const proxy = createServer((client) => {
    sockets.push(client);
    // The first connection works, so that the pool can open.
    if (sockets.length > 1) return void client.once('data', () => client.end(READY_THEN_FATAL));
    client.pipe(connect(Number(real.port), real.hostname)).pipe(client);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = new URL(real);
  url.port = String((proxy.address() as AddressInfo).port);
  const dataSource = await paymentsDataSource({ url: url.href }).initialize();
  try {
    const busy = pool(dataSource).query('SELECT pg_sleep(0.3)');
    await expect(dataSource.query('SELECT 1')).rejects.toThrow(/terminat|not queryable/);
    expect(sockets).toHaveLength(2);
    await busy;
    expect(await dataSource.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  } finally {
    await dataSource.destroy();
    sockets.forEach((socket) => socket.destroy());
    proxy.close();
    await database.drop();
  }
});
