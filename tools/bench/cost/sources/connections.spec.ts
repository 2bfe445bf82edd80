import { connectionsIn } from './connections.js';

const ends = {
  clients: new Map([
    [11, 'email'],
    [12, 'connect'],
  ]),
  servers: new Map([
    [6379, 'redis'],
    [9092, 'kafka'],
  ]),
};
const line = (local: string, peer: string, pid: number, counts: string) =>
  `ESTAB 0      0               ${local}          ${peer} users:(("node",pid=${pid},fd=27)) ` +
  `bbr wscale:10,10 rto:204 ${counts} segs_out:44 segs_in:52 send 127bps lastsnd:52`;
const COUNTS =
  'bytes_sent:4949 bytes_acked:4950 bytes_received:5089 data_segs_out:7 data_segs_in:6';

it('names a connection by the process that opened it and the port that answers', () => {
  const output = line('127.0.0.1:53556', '127.0.0.1:6379', 11, COUNTS);
  expect(connectionsIn(output, ends)).toEqual([
    {
      id: 'email 127.0.0.1:53556 127.0.0.1:6379',
      edge: 'email → redis',
      sentBytes: 4_949,
      receivedBytes: 5_089,
      sentMessages: 7,
      receivedMessages: 6,
    },
  ]);
});

it('reads the address of a JVM, and a connection that has not received anything', () => {
  const peer = '[::ffff:127.0.0.1]:9092';
  const output = line('[::ffff:127.0.0.1]:4', peer, 12, 'bytes_sent:5 data_segs_out:1');
  const [connection] = connectionsIn(output, ends);
  expect(connection).toMatchObject({ edge: 'connect → kafka', sentBytes: 5, receivedBytes: 0 });
});

it('counts only the end of the client, and no connection of other programs', () => {
  const output = [
    line('127.0.0.1:6379', '127.0.0.1:53556', 20, COUNTS),
    line('127.0.0.1:53557', '127.0.0.1:6379', 99, COUNTS),
    line('127.0.0.1:53558', '127.0.0.1:443', 11, COUNTS),
    '',
  ].join('\n');
  expect(connectionsIn(output, ends)).toEqual([]);
});
