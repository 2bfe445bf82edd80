import { faultBody, FaultSwitches } from './faults.js';

describe('a fault switch', () => {
  it('is on until it is deleted when no number of times is given', () => {
    const faults = new FaultSwitches();
    faults.set(faultBody.parse({ target: 'psp', kind: 'hang' }));
    for (let use = 0; use < 5; use++) expect(faults.take('psp', 'hang')).toBeDefined();
    faults.clear();
    expect(faults.take('psp', 'hang')).toBeUndefined();
  });

  it('is used `times` times and then deleted', () => {
    const faults = new FaultSwitches();
    faults.set(faultBody.parse({ target: 'psp', kind: 'decline', times: 2 }));
    expect(faults.take('psp', 'decline')).toBeDefined();
    expect(faults.list()).toMatchObject([{ times: 2, usesLeft: 1 }]);
    expect(faults.take('psp', 'decline')).toBeDefined();
    expect(faults.take('psp', 'decline')).toBeUndefined();
    expect(faults.list()).toEqual([]);
  });

  it('restarts its count when it is set again', () => {
    const faults = new FaultSwitches();
    const once = faultBody.parse({ target: 'pager', kind: 'error_500', times: 1 });
    faults.set(once);
    faults.set(once);
    expect(faults.take('pager', 'error_500')).toBeDefined();
    expect(faults.take('pager', 'error_500')).toBeUndefined();
  });

  it('for one address does not affect mail to other addresses', () => {
    const faults = new FaultSwitches();
    faults.set(faultBody.parse({ target: 'smtp', kind: '550', address: 'bob@example.com' }));
    faults.set(faultBody.parse({ target: 'smtp', kind: '550', address: 'eve@example.com' }));
    expect(faults.take('smtp', '550', ['alice@example.com'])).toBeUndefined();
    expect(faults.take('smtp', '550', ['BOB@example.com'])).toBeDefined();
    expect(faults.take('smtp', '550', ['eve@example.com'])).toBeDefined();
  });

  it('expires after its seconds', () => {
    let nowMs = 0;
    const faults = new FaultSwitches(() => nowMs);
    faults.set(faultBody.parse({ target: 'smtp', kind: 'refuse', seconds: 2 }));
    nowMs = 1_999;
    expect(faults.isOn('smtp', 'refuse')).toBe(true);
    expect(faults.list()).toMatchObject([{ secondsLeft: 1 }]);
    nowMs = 2_000;
    expect(faults.isOn('smtp', 'refuse')).toBe(false);
    expect(faults.list()).toEqual([]);
  });

  it('can be deleted by its id, and no other with it', () => {
    const faults = new FaultSwitches();
    for (const address of ['bob@example.com', 'eve@example.com']) {
      faults.set(faultBody.parse({ target: 'smtp', kind: '550', address }));
    }
    const [first] = faults.list();
    faults.remove(String(first?.id));
    expect(faults.list()).toMatchObject([{ address: 'eve@example.com' }]);
  });

  it('can be deleted for one target only', () => {
    const faults = new FaultSwitches();
    faults.set(faultBody.parse({ target: 'psp', kind: 'refuse' }));
    faults.set(faultBody.parse({ target: 'smtp', kind: 'refuse' }));
    faults.clear('psp');
    expect(faults.isOn('psp', 'refuse')).toBe(false);
    expect(faults.isOn('smtp', 'refuse')).toBe(true);
  });
});

describe('the body that sets a fault', () => {
  it('may contain a reply code as a number', () => {
    expect(faultBody.parse({ target: 'smtp', kind: 421 })).toEqual({ target: 'smtp', kind: '421' });
  });

  it('may name the reply of the mail server, then also for all addresses', () => {
    const fault = { target: 'smtp', kind: '550', code: '554 5.7.1' };
    expect(faultBody.parse(fault)).toEqual(fault);
  });

  it('gets a default delay for a kind that needs one', () => {
    expect(faultBody.parse({ target: 'psp', kind: 'late_webhook' })).toMatchObject({
      delayMs: 5_000,
    });
    expect(faultBody.parse({ target: 'smtp', kind: 'slow', delayMs: 20 })).toMatchObject({
      delayMs: 20,
    });
  });

  it.each([
    ['an unknown target', { target: 'bank', kind: 'decline' }, 'target'],
    ['a kind of another target', { target: 'psp', kind: '421' }, 'kind'],
    ['a name that every object has', { target: 'psp', kind: 'constructor' }, 'kind'],
    ['550 without an address', { target: 'smtp', kind: '550' }, 'address'],
    [
      'an address for a kind without one',
      { target: 'psp', kind: 'hang', address: 'a@b.com' },
      'address',
    ],
    ['a delay for a kind without one', { target: 'psp', kind: 'hang', delayMs: 5 }, 'delayMs'],
    ['a count for a closed port', { target: 'psp', kind: 'refuse', times: 1 }, 'times'],
    ['a code for a kind without one', { target: 'psp', kind: 'hang', code: '451' }, 'code'],
    [
      'an enhanced status code of another class',
      { target: 'smtp', kind: '451', code: '451 5.7.1' },
      'code',
    ],
    ['no seconds at all', { target: 'psp', kind: 'hang', seconds: 0 }, 'seconds'],
    ['no times at all', { target: 'psp', kind: 'hang', times: 0 }, 'times'],
  ])('is refused with %s', (_what, body, field) => {
    const { error } = faultBody.safeParse(body);
    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual([field]);
  });

  it('is refused with an unknown field', () => {
    expect(faultBody.safeParse({ target: 'psp', kind: 'hang', time: 1 }).success).toBe(false);
  });
});
