import { fastify, type FastifyInstance } from 'fastify';
import { refuseForeignHosts } from './allowed-hosts.js';

let server: FastifyInstance;
beforeEach(() => {
  server = fastify();
  refuseForeignHosts(server, ['console']);
  server.get('/', () => 'the page');
});
afterEach(() => server.close());

const statusFor = async (headers: Record<string, string>) =>
  (await server.inject({ url: '/', headers })).statusCode;

it.each(['localhost:8080', 'LOCALHOST:8080', '127.0.0.1:8080', '[::1]:8080', 'console:8080'])(
  'answers a request for %s',
  async (host) => {
    await expect(statusFor({ host })).resolves.toBe(200);
    await expect(statusFor({ host, origin: `http://${host}` })).resolves.toBe(200);
  },
);

it.each(['evil.example', 'localhost.evil.example:8080', '127.0.0.1.evil.example', '10.0.0.1:8080'])(
  'refuses a request for %s',
  async (host) => {
    const answer = await server.inject({ url: '/', headers: { host } });
    expect(answer.statusCode).toBe(403);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ title: 'foreign host' });
  },
);

it.each(['http://evil.example', 'http://localhost:9999', 'null', ''])(
  'refuses a request of the origin "%s"',
  async (origin) => {
    await expect(statusFor({ host: 'localhost:8080', origin })).resolves.toBe(403);
  },
);
