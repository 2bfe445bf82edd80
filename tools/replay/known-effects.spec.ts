import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Connections } from '@effectively-once/audit';
import { EffectsUnknown, knownEffects } from './known-effects.js';

const MAILED = 'mailed';
const MARKED = 'marked';
const NEW = 'new';

let server: Server;
let answers: boolean;
let asked: (string | null)[];

beforeEach(async () => {
  answers = true;
  asked = [];
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    asked.push(url.searchParams.get('paymentId'));
    const entry = { messageId: '<m>', paymentId: MAILED, at: '2026-11-20T12:00:00Z' };
    const entries = asked.at(-1) === MAILED ? [entry] : [];
    response.statusCode = answers ? 200 : 503;
    response.end(JSON.stringify({ entries, nextAfter: entries.length }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const email = (mget: (keys: string[]) => Promise<(string | null)[]> = markers) =>
  knownEffects(
    {
      redis: { mget },
      sources: { thirdPartiesUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    } as unknown as Connections,
    'email',
  );

const markers = async (keys: string[]) =>
  keys.map((key) => (key.endsWith(MARKED) ? 'D:<m>:f' : key.endsWith(NEW) ? 'P:t:0:1' : null));

describe('whether email may mail', () => {
  it('a receipt with a deduplication marker is absorbed, without a question', async () => {
    const { absorbed, wouldRepeat } = await email()([MARKED]);
    expect([...absorbed]).toEqual([MARKED]);
    expect([...wouldRepeat]).toEqual([]);
    expect(asked).toEqual([]);
  });

  it('one without a marker that the mail provider has accepted would be mailed twice', async () => {
    const { absorbed, wouldRepeat } = await email()([MAILED, NEW]);
    expect([...absorbed]).toEqual([]);
    expect([...wouldRepeat]).toEqual([MAILED]);
    expect(asked.sort()).toEqual([MAILED, NEW]);
  });

  it('is not known while the mail provider does not answer', async () => {
    answers = false;
    await expect(email()([MARKED])).resolves.toBeDefined();
    await expect(email()([NEW])).rejects.toThrow(EffectsUnknown);
  });

  it('is not known while Redis does not answer', async () => {
    const down = () => Promise.reject(new Error('connection is closed'));
    await expect(email(down)([NEW])).rejects.toThrow(
      'whether these receipts were mailed is not known',
    );
  });
});

it("loyalty's own database decides about points", async () => {
  const query = async () => ({ rows: [{ payment_id: MARKED }] });
  const loyalty = knownEffects({ loyalty: { query } } as unknown as Connections, 'loyalty');
  const { absorbed, wouldRepeat } = await loyalty([MARKED, NEW]);
  expect([...absorbed]).toEqual([MARKED]);
  expect([...wouldRepeat]).toEqual([]);
});
