import { Problem } from '@effectively-once/platform';
import { asPaymentId, asPaymentsQuery } from './requests.js';

const ID = '019aa1c4-6f5e-7c3a-9a51-3f0c8d2e7b10';

function faultsOf(read: () => unknown): unknown {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(Problem);
    const { status, members } = error as Problem;
    expect(status).toBe(400);
    return members['errors'];
  }
  throw new Error('it was accepted');
}

describe('the query of the list of payments', () => {
  it('may be empty, or name everything', () => {
    expect(asPaymentsQuery({})).toEqual({});
    const all = {
      userId: 'auth0|1',
      orderId: 'o-1',
      status: 'FAILED',
      effects: 'lost',
      cursor: ID,
    };
    expect(asPaymentsQuery(all)).toEqual(all);
  });

  it.each([
    ['a status that does not exist', { status: 'PAID' }, '/status'],
    ['a state of effects that cannot be asked for', { effects: 'done' }, '/effects'],
    ['a cursor that is no payment id', { cursor: "' OR 1=1" }, '/cursor'],
    ['an order id that no checkout accepts', { orderId: '<b>' }, '/orderId'],
    ['a user twice', { userId: ['a', 'b'] }, '/userId'],
    ['a parameter that does not exist', { user: 'alice' }, '/user'],
  ])('is refused with %s', (_, query, pointer) => {
    expect(faultsOf(() => asPaymentsQuery(query))).toEqual([
      { pointer, detail: expect.any(String) as string },
    ]);
  });
});

describe('the id of a payment', () => {
  it('is a UUID in any case', () => {
    expect(asPaymentId(ID.toUpperCase())).toBe(ID);
  });

  it.each(['', 'alice', `${ID}0`, `{${ID}}`])('is refused if it is %j', (text) => {
    expect(faultsOf(() => asPaymentId(text))).toEqual([
      { pointer: '/id', detail: 'must be a payment id' },
    ]);
  });
});
