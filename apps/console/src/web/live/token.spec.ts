import { readToken } from './token.js';

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = (claims: unknown) => `${part({ alg: 'HS256' })}.${part(claims)}.c2lnbmF0dXJl`;

describe('the claims of a token', () => {
  it('are its user, role and expiry', () => {
    expect(readToken(token({ sub: 'anna|ä', role: 'operator', exp: 12 }))).toEqual({
      userId: 'anna|ä',
      isOperator: true,
      expiresAtMs: 12_000,
    });
    expect(readToken(token({ sub: 'bob', role: 'Operator' }))).toEqual({
      userId: 'bob',
      isOperator: false,
      expiresAtMs: null,
    });
  });

  it.each(['', 'abc', 'a.b.c', `${part({})}.${part({ sub: 7 })}.x`, `${part({})}.${part(null)}.x`])(
    'are null for a text that is no token: %j',
    (text) => {
      expect(readToken(text)).toBeNull();
    },
  );
});
