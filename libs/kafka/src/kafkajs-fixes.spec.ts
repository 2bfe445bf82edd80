import { createRequire } from 'node:module';
import { PassThrough } from 'node:stream';
import './kafkajs-fixes.js';

const requireKafkajs = createRequire(import.meta.url);
const Connection = requireKafkajs('kafkajs/src/network/connection') as new (options: object) => {
  connect: () => Promise<unknown>;
  disconnect: () => Promise<unknown>;
  isConnected: () => boolean;
  bytesBuffered: number;
};

const silent = () => undefined;
const logger = { debug: silent, info: silent, warn: silent, error: silent };

/** A connection over sockets in memory. The test writes what the broker sends. */
function connectionInMemory() {
  const sockets: PassThrough[] = [];
  const socketFactory = ({ onConnect }: { onConnect: () => void }) => {
    const socket = Object.assign(new PassThrough(), { setKeepAlive: silent, unref: silent });
    sockets.push(socket);
    setImmediate(onConnect);
    return socket;
  };
  const connection = new Connection({
    host: 'broker',
    port: 9092,
    logger: { ...logger, namespace: () => logger },
    socketFactory,
    requestTimeout: 1_000,
    connectionTimeout: 1_000,
  });
  return { connection, sockets };
}

it('a new connection forgets the half response of the one before', async () => {
  const { connection, sockets } = connectionInMemory();
  await connection.connect();
  const announced = Buffer.alloc(4);
  announced.writeInt32BE(900_000);
  sockets[0]?.write(Buffer.concat([announced, Buffer.alloc(10)]));
  await new Promise(setImmediate);
  expect(connection.bytesBuffered).toBe(14);
  await connection.disconnect();
  await connection.connect();
  expect(sockets).toHaveLength(2);
  expect(connection.bytesBuffered).toBe(0);
  await connection.disconnect();
});
