import { Writable } from 'node:stream';
import { BACKLOG_MAX_BYTES, LAGGING_MAX_MS, StreamClient } from './stream-client.js';

/** A connection that passes on what it gets only when the test says so. */
function aClient() {
  const sent: string[] = [];
  const blocked: (() => void)[] = [];
  let nowMs = 0;
  const response = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      sent.push(chunk.toString().slice(0, 12));
      blocked.push(done);
    },
  });
  const snapshot = () => Buffer.from('snapshot');
  const client = new StreamClient({ response, snapshot, now: () => nowMs });
  const drain = async () => {
    for (let done = blocked.shift(); done; done = blocked.shift()) {
      done();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { client, response, sent, drain, pass: (ms: number) => void (nowMs += ms) };
}
const large = Buffer.alloc(BACKLOG_MAX_BYTES / 4, 'x');

it('a slow reader gets a snapshot in place of its backlog, and then goes on', async () => {
  const { client, response, sent, drain } = aClient();
  for (let n = 0; n < 100; n += 1) client.send(large);
  expect(client.isLagging).toBe(true);
  expect(response.writableLength).toBeLessThanOrEqual(BACKLOG_MAX_BYTES);
  await drain();
  expect(client.isLagging).toBe(false);
  client.send(Buffer.from('news'));
  await drain();
  expect(sent.length).toBeLessThan(10);
  expect(sent.slice(-2)).toEqual(['snapshot', 'news']);
});

it('an event that is larger than the backlog reaches a client that reads', async () => {
  const { client, sent, drain } = aClient();
  client.send(Buffer.alloc(2 * BACKLOG_MAX_BYTES, 'y'));
  await drain();
  client.send(Buffer.from('news'));
  await drain();
  expect(sent).toEqual(['yyyyyyyyyyyy', 'news']);
});

it('a client that reads nothing for long is closed, and a slow one is not', () => {
  const { client, response, pass } = aClient();
  for (let n = 0; n < 100; n += 1) client.send(large);
  pass(LAGGING_MAX_MS - 1);
  client.ping(Buffer.from('ping'));
  expect(response.destroyed).toBe(false);
  pass(1);
  client.ping(Buffer.from('ping'));
  expect(response.destroyed).toBe(true);
  client.send(Buffer.from('news'));
});

it('an end reaches a client that reads; of one that does not, the connection is closed', () => {
  const reading = aClient();
  reading.client.end();
  expect([reading.response.writableEnded, reading.response.destroyed]).toEqual([true, false]);
  const frozen = aClient();
  for (let n = 0; n < 100; n += 1) frozen.client.send(large);
  frozen.client.end();
  expect(frozen.response.destroyed).toBe(true);
});
