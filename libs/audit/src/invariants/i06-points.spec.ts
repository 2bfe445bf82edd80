import { honestEvidence } from '../testing/evidence.fixture.js';
import { everyPaymentEarnsPointsOnce } from './i06-points.js';

const entry = { userId: 'alice', amountMinor: 1299, currency: 'EUR' };

describe('I6: every payment has one points entry, and every balance is the sum of entries', () => {
  it('names a payment whose points entry is missing', () => {
    const evidence = honestEvidence({ pointsEntries: new Map() });
    expect(everyPaymentEarnsPointsOnce(evidence).violated).toEqual([
      {
        id: 'paid',
        kind: 'lost',
        why: 'no points entry, though loyalty has completed its event at partition 3, offset 7',
      },
    ]);
  });

  it('names a payment with two entries', () => {
    const evidence = honestEvidence({ pointsEntries: new Map([['paid', [entry, entry]]]) });
    expect(everyPaymentEarnsPointsOnce(evidence).violated).toEqual([
      { id: 'paid', kind: 'doubled', why: 'has 2 points entries' },
    ]);
  });

  it.each([
    [{ userId: 'bob' }, '1299 EUR of user bob'],
    [{ amountMinor: 1300 }, '1300 EUR of user alice'],
    [{ currency: 'USD' }, '1299 USD of user alice'],
  ])('names a payment whose entry has another %j', (change, what) => {
    const pointsEntries = new Map([['paid', [{ ...entry, ...change }]]]);
    expect(everyPaymentEarnsPointsOnce(honestEvidence({ pointsEntries })).violated).toEqual([
      {
        id: 'paid',
        kind: 'other',
        why: `its points entry is for ${what}, the payment 1299 EUR of user alice`,
      },
    ]);
  });

  it('names a points entry without a completed payment', () => {
    const evidence = honestEvidence({
      pointsEntries: new Map([
        ['paid', [entry]],
        ['unknown', [entry]],
      ]),
    });
    expect(everyPaymentEarnsPointsOnce(evidence).violated).toEqual([
      { id: 'unknown', kind: 'other', why: 'has a points entry, but there is no such payment' },
    ]);
  });

  it('accepts points of a payment that completed during the audit', () => {
    const evidence = honestEvidence({
      pointsEntries: new Map([
        ['paid', [entry]],
        ['younger', [entry]],
      ]),
      laterStatuses: new Map([['younger', 'COMPLETED']]),
    });
    expect(everyPaymentEarnsPointsOnce(evidence).violated).toEqual([]);
  });

  it('names the user whose balance is not the sum of its entries', () => {
    const evidence = honestEvidence({
      unbalancedAccounts: [{ userId: 'alice', balance: 13n, sumOfEntries: 12n }],
    });
    expect(everyPaymentEarnsPointsOnce(evidence).violated).toEqual([
      {
        id: 'alice',
        kind: 'other',
        why: 'the balance of user alice is 13, the sum of its entries 12',
      },
    ]);
  });
});
