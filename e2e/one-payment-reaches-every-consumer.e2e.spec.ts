import { waitUntil } from '@effectively-once/testing';
import { operatorGet } from './operator.js';
import {
  at,
  checkout,
  customerToken,
  findings,
  get,
  journal,
  newId,
  receiptOf,
} from './system-under-test.js';

afterAll(async () => {
  await expect(findings()).resolves.toEqual([]);
});

it('a payment becomes one charge, one receipt, its points and a search hit', async () => {
  const userId = newId('user');
  const paid = await checkout({ userId, body: { amountMinor: 2550 } });
  expect(paid.status).toBe(201);
  const paymentId = String(paid.json['id']);
  expect(paid.headers.get('location')).toBe(`/v1/payments/${paymentId}`);
  expect(paid.json).toMatchObject({ userId, status: 'COMPLETED', amountMinor: 2550 });

  const token = await customerToken(userId);
  const charges = await journal('charges', { paymentId });
  expect(charges).toMatchObject([
    { status: 'captured', amountMinor: 2550, currency: 'EUR', idempotencyKey: paymentId },
  ]);

  const [mail, ...moreMails] = await waitUntil('the receipt', async () => {
    const mails = await journal('mails', { paymentId });
    return mails.length > 0 ? mails : undefined;
  });
  expect(moreMails).toEqual([]);
  expect(mail).toMatchObject({ to: `${userId}@example.com` });
  expect(mail?.['messageId']).toMatch(`<${paymentId}.receipt@`);

  const pointsUrl = `http://127.0.0.1:${at.LOYALTY_PORT}/v1/users/${userId}/points`;
  const points = await waitUntil('the points', async () => {
    const { json } = await get(pointsUrl, token);
    return json['balance'] === 0 ? undefined : json;
  });
  expect(points).toMatchObject({ userId, balance: 25, entries: [{ paymentId, points: 25 }] });

  const searchUrl = `http://127.0.0.1:${at.SEARCH_PORT}/v1/search?q=${paymentId}`;
  const found = await waitUntil('the search hit', async () => {
    const { json } = await get(searchUrl, token);
    return json['total'] === 0 ? undefined : json;
  });
  expect(found).toMatchObject({
    total: 1,
    items: [{ paymentId, userId, status: 'COMPLETED', amountMinor: 2550 }],
    nextCursor: null,
  });
});

interface Judged {
  userId: string;
  judgement: { verdict: string };
}

it('a customer with the name auth0|user.name:1 of an identity provider is found by that name everywhere', async () => {
  const userId = newId('auth0|user.name:1');
  const inPath = encodeURIComponent(userId);
  const paid = await checkout({ userId, email: `${newId('user')}@example.com` });
  expect([paid.status, paid.json]).toEqual([201, expect.objectContaining({ userId })]);
  const paymentId = String(paid.json['id']);
  await receiptOf(paymentId);

  const token = await customerToken(userId, 'user@example.com');
  const pointsUrl = `http://127.0.0.1:${at.LOYALTY_PORT}/v1/users/${inPath}/points`;
  await waitUntil('the points', async () => (await get(pointsUrl, token)).json['balance'] !== 0);
  expect((await get(pointsUrl, token)).json).toMatchObject({ userId, entries: [{ paymentId }] });

  const searchUrl = `http://127.0.0.1:${at.SEARCH_PORT}/v1/search?userId=${inPath}`;
  await waitUntil('the search hit', async () => (await get(searchUrl, token)).json['total'] !== 0);
  expect((await get(searchUrl, token)).json).toMatchObject({ items: [{ paymentId, userId }] });

  const { items } = await operatorGet<{ items: unknown[] }>(`/api/payments?userId=${inPath}`);
  expect(items).toMatchObject([{ id: paymentId, userId }]);
  const evidence = await waitUntil('the judgement of the control room', async () => {
    const found = await operatorGet<Judged>(`/api/payments/${paymentId}`);
    return found.judgement.verdict === 'ok' ? found : undefined;
  });
  const effects = { email: 'done', loyalty: 'done', search: 'done' };
  expect(evidence).toMatchObject({ userId, effects });
});

it('a customer sees no points, payments or search hits of another customer', async () => {
  const [owner, stranger] = [newId('user'), newId('user')];
  const paid = await checkout({ userId: owner });
  const token = await customerToken(stranger);
  const payment = await get(
    new URL(`/v1/payments/${String(paid.json['id'])}`, at.PAYMENTS_URL),
    token,
  );
  expect(payment.status).toBe(404);
  const points = await get(`http://127.0.0.1:${at.LOYALTY_PORT}/v1/users/${owner}/points`, token);
  expect(points.status).toBe(403);
  const search = await get(
    `http://127.0.0.1:${at.SEARCH_PORT}/v1/search?q=${String(paid.json['id'])}`,
    token,
  );
  expect(search.json).toMatchObject({ total: 0 });
});

it('a browser can load the API documentation page and all its scripts', async () => {
  const page = await fetch(new URL('/docs', at.PAYMENTS_URL));
  expect(page.status).toBe(200);
  // If the browser upgraded requests to https, which no app here speaks, the page would stay empty.
  expect(page.headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests');
  const scripts = [...(await page.text()).matchAll(/<script src="([^"]+)"/g)];
  expect(scripts.length).toBeGreaterThan(0);
  for (const [, source = ''] of scripts) {
    const script = await fetch(new URL(source, page.url));
    expect(script.status).toBe(200);
  }
});
