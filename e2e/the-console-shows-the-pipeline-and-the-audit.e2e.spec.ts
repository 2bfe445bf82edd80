import type { AuditReport } from '@effectively-once/audit';
import { mintToken } from '@effectively-once/platform';
import {
  at,
  checkout,
  customerToken,
  findings,
  get,
  newId,
  consoleUrl,
} from './system-under-test.js';

const operatorToken = () =>
  mintToken(at.AUTH_JWT_SECRET, { userId: 'olga', role: 'operator' }, { ttlS: 60 });

afterAll(async () => {
  await expect(findings()).resolves.toEqual([]);
}, 60_000);

it('an operator sees the pipeline link by link', async () => {
  await checkout({ userId: newId('user') });
  await expect(findings()).resolves.toEqual([]);
  const { status, json } = await get(`${consoleUrl}/api/pipeline`, await operatorToken());
  expect(status).toBe(200);
  expect(json).toMatchObject({
    outbox: { rows: expect.any(Number) },
    slot: { active: true, lagBytes: expect.any(Number), confirmedLsn: expect.any(String) },
    connector: { state: 'RUNNING', tasks: [{ id: 0, state: 'RUNNING' }] },
    topics: { 'payment.completed': expect.any(Array) },
    consumers: [
      { consumer: 'email', lag: 0 },
      { consumer: 'loyalty', lag: 0 },
      { consumer: 'search', lag: 0 },
    ],
  });
}, 60_000);

it('an operator gets the audit, and two concurrent requests get the same report', async () => {
  const token = await operatorToken();
  const asked = await Promise.all([
    get(`${consoleUrl}/api/audit`, token),
    get(`${consoleUrl}/api/audit`, token),
  ]);
  const [one, other] = asked.map(({ json }) => json as unknown as AuditReport);
  expect(one?.invariants.map(({ id }) => id)).toEqual(expect.arrayContaining(['I1', 'I11']));
  expect(other).toEqual(one);
}, 60_000);

it('the console audits periodically, and exports its last report and metrics', async () => {
  const token = await operatorToken();
  const { json } = await get(`${consoleUrl}/api/audit`, token);
  const last = await get(`${consoleUrl}/api/audit?report=last`, token);
  expect(last.json['cutoff']).toEqual(expect.any(String));
  expect(Date.parse(String(last.json['cutoff']))).toBeGreaterThanOrEqual(
    Date.parse(String(json['cutoff'])),
  );
  const metrics = await (await fetch(`${consoleUrl}/metrics`)).text();
  for (let invariant = 1; invariant <= 12; invariant++) {
    expect(metrics).toContain(`audit_violations{invariant="I${invariant}"} 0`);
  }
  expect(metrics).toMatch(/^audit_last_run_timestamp_seconds \d+/m);
  expect(metrics).toMatch(/^audit_duration_seconds\{kind="full"\} /m);
  expect(metrics).not.toContain('audit_unfinished{');
}, 60_000);

it.each(['audit', 'pipeline'])('a customer may not see the %s', async (page) => {
  const answer = await get(`${consoleUrl}/api/${page}`, await customerToken(newId('user')));
  expect(answer.status).toBe(403);
  expect((await get(`${consoleUrl}/api/${page}`, 'no token')).status).toBe(401);
});
