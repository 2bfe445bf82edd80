import { ThirdParties } from './third-parties.fixture.js';

const PAGE = {
  routing_key: 'demo',
  event_action: 'trigger',
  dedup_key: 'slot-lag',
  payload: {
    summary: 'The slot lags',
    source: 'alertmanager',
    severity: 'critical',
    custom_details: { runbook: 'docs/runbook.md#slot-lag', firing: '1' },
  },
  client: 'Alertmanager',
  links: [{ href: 'http://localhost:8080/alerts?alert=SlotLagHigh', text: 'control room' }],
};

describe('the third parties', () => {
  let thirdParties: ThirdParties;
  beforeAll(async () => {
    thirdParties = await ThirdParties.start();
  });
  afterEach(async () => await thirdParties.clearFaults());
  afterAll(async () => await thirdParties.stop());

  const enqueue = async (event: object) => await thirdParties.post('/v2/enqueue', event);

  it('trigger and resolve a page, as PagerDuty does', async () => {
    const triggered = await enqueue(PAGE);
    expect(triggered.status).toBe(202);
    expect(await triggered.json()).toEqual({
      status: 'success',
      message: 'Event processed',
      dedup_key: 'slot-lag',
    });
    const resolve = { routing_key: 'demo', event_action: 'resolve', dedup_key: 'slot-lag' };
    expect((await enqueue(resolve)).status).toBe(202);
    expect(await thirdParties.journal('pages?dedupKey=slot-lag')).toEqual([
      {
        dedupKey: 'slot-lag',
        action: 'trigger',
        summary: 'The slot lags',
        severity: 'critical',
        runbook: 'docs/runbook.md#slot-lag',
        link: 'http://localhost:8080/alerts?alert=SlotLagHigh',
        at: expect.any(String),
      },
      {
        dedupKey: 'slot-lag',
        action: 'resolve',
        summary: null,
        severity: null,
        runbook: null,
        link: null,
        at: expect.any(String),
      },
    ]);
  });

  it('take the runbook from the links if the details have none', async () => {
    const payload = { ...PAGE.payload, custom_details: {} };
    const links = [{ href: 'https://example.com/runbook', text: 'Runbook' }];
    await enqueue({ ...PAGE, dedup_key: 'linked', payload, links });
    expect(await thirdParties.journal('pages?dedupKey=linked')).toMatchObject([
      { runbook: 'https://example.com/runbook' },
    ]);
  });

  it('refuse a trigger without a payload', async () => {
    const refused = await enqueue({ ...PAGE, payload: undefined });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      status: 'invalid event',
      errors: ['payload is needed to trigger'],
    });
  });

  it('lose a page while the pager has a fault', async () => {
    await thirdParties.fault({ target: 'pager', kind: 'error_500', times: 1 });
    expect((await enqueue({ ...PAGE, dedup_key: 'lost' })).status).toBe(500);
    expect(await thirdParties.journal('pages?dedupKey=lost')).toEqual([]);
  });

  it('return a long journal in pages, without a gap or a repetition', async () => {
    for (let n = 0; n < 5; n++) await enqueue({ ...PAGE, dedup_key: `many-${n}` });
    const all = await thirdParties.journal('pages');
    const paged: unknown[] = [];
    for (let after = 0; ;) {
      const page = (await thirdParties.get(`/_journal/pages?after=${after}&limit=2`)) as {
        entries: unknown[];
        nextAfter: number;
      };
      if (page.entries.length === 0) break;
      paged.push(...page.entries);
      after = page.nextAfter;
    }
    expect(paged).toEqual(all);
  });

  it('refuse an unknown filter, which would otherwise match everything', async () => {
    const response = await fetch(`${thirdParties.url}/_journal/charges?payment_id=p-1`);
    expect(response.status).toBe(400);
  });

  it('name the valid kinds when a fault is unknown', async () => {
    const refused = await thirdParties.post('/_faults', { target: 'psp', kind: 'explode' });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      detail: expect.stringContaining('must be one of decline, error_500, hang'),
      validKinds: { pager: ['error_500'] },
    });
  });

  it('list the faults, and delete them for a client that sends a JSON content type without a body', async () => {
    await thirdParties.fault({ target: 'psp', kind: 'decline' });
    await thirdParties.fault({ target: 'smtp', kind: '421' });
    const idOf = (kind: string) =>
      expect.stringMatching(new RegExp(`\\.${kind}\\.\\d+$`)) as string;
    const busy = { id: idOf('421'), target: 'smtp', kind: '421' };
    expect(await thirdParties.get('/_faults')).toEqual({
      faults: [{ id: idOf('decline'), target: 'psp', kind: 'decline' }, busy],
    });
    const headers = { 'content-type': 'application/json' };
    const url = `${thirdParties.url}/_faults?target=psp`;
    const cleared = await fetch(url, { method: 'DELETE', headers });
    expect(await cleared.json()).toEqual({ faults: [busy] });
  });

  it('are live and ready, and have metrics', async () => {
    for (const path of ['/health/live', '/health/ready', '/metrics']) {
      expect((await fetch(thirdParties.url + path)).status).toBe(200);
    }
  });
});
