import { CONSUMERS, redriveTopic, type ConsumerName } from '@effectively-once/contracts';
import { RecordProducer } from '@effectively-once/kafka';
import { waitUntil } from '@effectively-once/testing';
import {
  decide,
  isAbout,
  operatorToken,
  pages,
  pendingIds,
  untilNothingIsPending,
  type Page,
} from './pager.js';
import {
  at,
  checkout,
  customerToken,
  findings,
  get,
  journal,
  newId,
  withFault,
  consoleUrl,
} from './system-under-test.js';

const ALERTS = {
  email: 'DeadLettersEmail',
  loyalty: 'DeadLettersLoyalty',
  search: 'DeadLettersSearch',
} as const satisfies Record<ConsumerName, string>;

/** From the record to the pager, as docs/runbook.md promises. */
const PAGED_WITHIN_MS = 30_000;

let producer: RecordProducer;

beforeAll(async () => {
  producer = new RecordProducer({ brokers: at.KAFKA_BROKERS, clientId: 'e2e' });
  await producer.connect();
});
afterAll(async () => await producer.disconnect());

it.each(CONSUMERS)(
  'a poison pill of %s pages the operator within 30 s, with the runbook link, until it is discarded',
  async (consumer) => {
    await untilNothingIsPending(consumer, ALERTS[consumer]);
    const before = (await pages()).length;
    await producer.send({
      topic: redriveTopic(consumer),
      key: Buffer.from(newId('user')),
      value: Buffer.from([0xff, 0xfe]),
      headers: { ce_id: newId('poison'), ce_specversion: '1.0' },
    });
    const page = await nextPage(ALERTS[consumer], before);
    expect(page).toMatchObject({
      severity: 'critical',
      runbook: `docs/runbook.md#${ALERTS[consumer].toLowerCase()}`,
    });
    expect(page.summary).toContain(`${consumer} dead-lettered 1 payments`);

    const ids = await pendingIds(consumer);
    expect(ids).toHaveLength(1);
    await decide(consumer, 'discard', { ids, reason: 'its bytes cannot be decoded' });
    await resolved(page, before);
    const { json } = await get(`${consoleUrl}/api/pages`, await operatorToken());
    const [latest] = (json['items'] as Record<string, unknown>[]).filter(
      ({ dedupKey }) => dedupKey === page.dedupKey,
    );
    expect(latest).toMatchObject({ summary: page.summary, resolvedAt: expect.any(String) });
    await expect(findings()).resolves.toEqual([]);
  },
);

it('a customer may not see the pages of the operators', async () => {
  const answer = await get(`${consoleUrl}/api/pages`, await customerToken(newId('user')));
  expect(answer.status).toBe(403);
});

it('a refused receipt pages; redriven after the repair, it is mailed once, and the page resolves', async () => {
  await untilNothingIsPending('email', ALERTS.email);
  const before = (await pages()).length;
  const address = `${newId('refused')}@example.com`;
  const { page, paymentId } = await withFault(
    { target: 'smtp', kind: '550', address },
    async () => {
      const paid = await checkout({ userId: newId('user'), email: address });
      expect(paid.status).toBe(201);
      return { page: await nextPage(ALERTS.email, before), paymentId: String(paid.json['id']) };
    },
  );
  await decide('email', 'redrive', { ids: await pendingIds('email') });
  await resolved(page, before);
  await expect(findings()).resolves.toEqual([]);
  await expect(journal('mails', { paymentId })).resolves.toHaveLength(1);
});

const nextPage = (alert: string, after: number): Promise<Page> =>
  waitUntil(
    `a page of ${alert}`,
    async () =>
      (await pages()).slice(after).find((one) => one.action === 'trigger' && isAbout(alert)(one)),
    PAGED_WITHIN_MS,
  );

async function resolved({ dedupKey }: Page, after: number): Promise<void> {
  await waitUntil('the page to resolve', async () => {
    const own = (await pages()).slice(after).filter((one) => one.dedupKey === dedupKey);
    return own.at(-1)?.action === 'resolve' || undefined;
  });
}
