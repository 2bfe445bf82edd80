import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { correctOffsets, type FetchedMessage } from './fetch/record-batches.js';

/**
 * Corrects kafkajs 2.2.4 where bytes that any producer may write would stop its reader, and where a
 * half-dead connection would be used for ever. kafkajs is unmaintained, so no release will do it.
 * The tests are foreign-bytes.int.spec.ts and half-dead.int.spec.ts.
 */

interface Header {
  key: string;
  value: Buffer | null;
}

interface DecoderClass {
  prototype: { readVarIntArray: (decode: unknown) => { reduce?: unknown } };
}

interface Broker {
  fetch: (request: unknown) => Promise<FetchResponse>;
  listOffsets: (request: { isolationLevel?: number }) => Promise<unknown>;
}

interface FetchResponse {
  responses: { partitions: { messages: FetchedMessage[] }[] }[];
}

interface RequestQueue {
  pending: unknown[];
  scheduleCheckPendingRequests: () => void;
}

interface Connection {
  isConnected: () => boolean;
  connect: () => Promise<unknown>;
  send: (request: unknown) => Promise<unknown>;
  rejectRequests: (error: Error) => void;
  requestQueue: { destroy: () => void };
  connectionStatus: string;
  socket?: Socket;
  bytesBuffered: number;
  bytesNeeded: number;
  chunks: Buffer[];
}

const requireKafkajs = createRequire(import.meta.url);
/** A response begins with its size. */
const RESPONSE_SIZE_BYTES = 4;
const decoder = requireKafkajs('kafkajs/src/protocol/decoder') as DecoderClass;
const broker = requireKafkajs('kafkajs/src/broker') as { prototype: Broker };
const READ_UNCOMMITTED = 0;

/**
 * Headers. kafkajs copies all headers for each further header, so a record of 1 MB with 150,000
 * headers takes it many minutes, without a heartbeat. And it reads `constructor` from the
 * prototype. Only the record decoder calls readVarIntArray, and then only `reduce` on the result.
 */
const readArray = decoder.prototype.readVarIntArray;
decoder.prototype.readVarIntArray = function (decode) {
  const headers = readArray.call(this, decode) as Header[];
  return { reduce: () => valuesByName(headers) };
};

/**
 * End offsets. An open transaction of any producer would hold them back for the admin client, for
 * as long as its timeout, and with them every reader that reads up to the end. Consumers say
 * themselves what they read (readUncommitted).
 */
const { listOffsets } = broker.prototype;
broker.prototype.listOffsets = function (request) {
  const isolationLevel = request.isolationLevel ?? READ_UNCOMMITTED;
  return listOffsets.call(this, { ...request, isolationLevel });
};

/**
 * Offsets. kafkajs believes the offset that a producer wrote into its record. It then hides a
 * record that claims one before the position, and a reader never sees it.
 */
const { fetch } = broker.prototype;
broker.prototype.fetch = async function (request) {
  const response = await fetch.call(this, request);
  for (const { partitions } of response.responses) {
    for (const { messages } of partitions) correctOffsets(messages);
  }
  return response;
};

const connection = (requireKafkajs('kafkajs/src/network/connection') as { prototype: Connection })
  .prototype;

/**
 * A request without an answer. kafkajs rejects the request and keeps the connection, so the next
 * request waits on the same dead socket (tulios/kafkajs#1163, #1691). Here the first timeout closes
 * the connection. The other requests on it fail at once, and the next one connects again.
 */
const { send } = connection;
connection.send = async function (request) {
  const { socket } = this;
  try {
    return await send.call(this, request);
  } catch (error) {
    const isTimeout = (error as Error).name === 'KafkaJSRequestTimeoutError';
    if (isTimeout && socket && socket === this.socket) close(this, error as Error);
    throw error;
  }
};

// Not `disconnect`: while it runs, kafkajs still takes the connection for a connected one.
function close(half: Connection, error: Error): void {
  half.connectionStatus = 'disconnected';
  half.requestQueue.destroy();
  half.socket?.destroy();
  half.rejectRequests(error);
}

/**
 * A new connection. kafkajs would parse it behind the first half of a response that the connection
 * before did not finish, and open one connection for each request that waits for it.
 */
const { connect } = connection;
const connecting = new WeakMap<Connection, Promise<unknown>>();
connection.connect = async function () {
  if (this.isConnected()) return true;
  const started = connecting.get(this);
  if (started) return await started;
  this.chunks = [];
  this.bytesBuffered = 0;
  this.bytesNeeded = RESPONSE_SIZE_BYTES;
  const connected = connect.call(this);
  connecting.set(this, connected);
  try {
    return await connected;
  } catch (error) {
    // A socket that connects after the timeout would become the connection.
    this.socket?.destroy();
    throw error;
  } finally {
    connecting.delete(this);
  }
};

/**
 * kafkajs looks for waiting requests every millisecond, for as long as the connection is open. With
 * none waiting, the next request looks itself.
 */
const queue = (requireKafkajs('kafkajs/src/network/requestQueue') as { prototype: RequestQueue })
  .prototype;
const { scheduleCheckPendingRequests } = queue;
queue.scheduleCheckPendingRequests = function () {
  if (this.pending.length > 0) scheduleCheckPendingRequests.call(this);
};

/**
 * A null value becomes an empty one: kafkajs cannot write null, so the record could not be
 * dead-lettered.
 */
function valuesByName(headers: Header[]): Record<string, Buffer | Buffer[]> {
  const values = new Map<string, Buffer[]>();
  for (const { key, value } of headers) {
    const bytes = value ?? Buffer.alloc(0);
    const before = values.get(key);
    if (before) before.push(bytes);
    else values.set(key, [bytes]);
  }
  const unwrapped = [...values].map(([name, [first, ...more]]) => [
    name,
    first && more.length === 0 ? first : values.get(name),
  ]);
  // Defines each name as an own property, also `__proto__`.
  return Object.fromEntries(unwrapped) as Record<string, Buffer | Buffer[]>;
}
