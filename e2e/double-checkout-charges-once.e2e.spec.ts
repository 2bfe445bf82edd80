import { waitUntil } from '@effectively-once/testing';
import { checkout, findings, journal, newId, type Answer } from './system-under-test.js';

const ROUNDS = 20;

it('two clicks with one key charge once, and both get the same bytes in the end', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const click = { userId: newId('user'), key: newId('key'), body: { orderId: newId('order') } };
    const [left, right] = await Promise.all([checkout(click), checkout(click)]);
    const paid = [left, right].find(({ status }) => status === 201);
    if (!paid) throw new Error(`neither click paid: ${left.text} ${right.text}`);
    for (const answer of [left, right]) expectPaidOrInFlight(answer, paid);

    // A client that got 409 in flight repeats the request with its key and gets the same bytes.
    const again = await checkout(click);
    expect(again.status).toBe(201);
    expect(again.text).toBe(paid.text);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    await expect(journal('charges', { paymentId: String(paid.json['id']) })).resolves.toHaveLength(
      1,
    );
  }
  await expect(findings()).resolves.toEqual([]);
});

it('two clicks with two keys on one order charge once, and the second gets the paid payment', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const order = { userId: newId('user'), body: { orderId: newId('order') } };
    const answers = await Promise.all([checkout(order), checkout(order)]);
    const paid = answers.filter(({ status }) => status === 201);
    const refused = answers.filter(({ status }) => status === 409);
    expect([paid.length, refused.length]).toEqual([1, 1]);
    expect(refused[0]?.json['type']).toMatch(/\/order_already_paid$/);
    expect(refused[0]?.headers.get('location')).toBe(paid[0]?.headers.get('location'));
    const paymentId = String(paid[0]?.json['id']);
    await expect(journal('charges', { paymentId })).resolves.toHaveLength(1);
  }
  await expect(findings()).resolves.toEqual([]);
});

it('a key reused with another body is refused and charges nothing', async () => {
  const first = { userId: newId('user'), key: newId('key'), body: { amountMinor: 1000 } };
  const paid = await checkout(first);
  expect(paid.status).toBe(201);
  const other = await checkout({ ...first, body: { amountMinor: 9999 } });
  expect(other.status).toBe(422);
  expect(other.json['type']).toMatch(/\/idempotency_key_reused$/);
  const mails = await waitUntil('the one receipt', async () => {
    const found = await journal('mails', { paymentId: String(paid.json['id']) });
    return found.length > 0 ? found : undefined;
  });
  expect(mails).toHaveLength(1);
  await expect(findings()).resolves.toEqual([]);
});

function expectPaidOrInFlight(answer: Answer, paid: Answer): void {
  if (answer.status === 201) {
    expect(answer.text).toBe(paid.text);
    return;
  }
  expect(answer.status).toBe(409);
  expect(answer.json['type']).toMatch(/\/idempotency_in_flight$/);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
}
