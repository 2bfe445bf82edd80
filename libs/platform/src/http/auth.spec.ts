import { jest } from '@jest/globals';
import { TokenVerifier } from './auth.js';
import { SignJWT } from 'jose';
import { ALGORITHM, AUDIENCE, demoAddress, ISSUER, mintToken } from '../token.js';

const SECRET = 'a-secret-of-at-least-32-bytes-for-tests';
const TTL_S = 60;

describe('a token that was valid before', () => {
  let tokens: TokenVerifier;
  let token: string;
  beforeEach(async () => {
    jest.useFakeTimers({ now: Date.now(), doNotFake: ['nextTick', 'queueMicrotask'] });
    tokens = new TokenVerifier(SECRET);
    token = await mintToken(SECRET, { userId: 'alice', role: 'customer' }, { ttlS: TTL_S });
    await tokens.verify(token);
  });
  afterEach(() => jest.useRealTimers());

  it('is valid until a minute after it expires, and not longer', async () => {
    jest.setSystemTime(Date.now() + (TTL_S + 60 - 2) * 1_000);
    await expect(tokens.verify(token)).resolves.toMatchObject({
      caller: { userId: 'alice', role: 'customer' },
    });
    jest.setSystemTime(Date.now() + 2_000);
    await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('does not make another token valid', async () => {
    const [header, payload] = token.split('.');
    const forged = `${header}.${payload}.${'A'.repeat(43)}`;
    for (const _ of ['first', 'again']) {
      await expect(tokens.verify(forged)).rejects.toMatchObject({ code: 'unauthorized' });
    }
  });
});

describe('a token of an identity provider', () => {
  const nowS = () => Math.floor(Date.now() / 1_000);
  const verify = async (claims: Record<string, unknown>) => {
    const given = { iss: ISSUER, aud: AUDIENCE, exp: nowS() + TTL_S, sub: 'alice', ...claims };
    const token = await new SignJWT(given)
      .setProtectedHeader({ alg: ALGORITHM })
      .sign(new TextEncoder().encode(SECRET));
    return await new TokenVerifier(SECRET).verify(token);
  };

  it.each(['alice', 'auth0|5f7c8ec7c33c6c004bbafe82', 'a.b:c', '...', '|', 'x'.repeat(128)])(
    'the sub %j is a user',
    async (sub) => {
      await expect(verify({ sub })).resolves.toMatchObject({ caller: { userId: sub } });
    },
  );

  it.each([5, true, null, {}, ['alice'], '', '.', '..', 'a@b.c', 'a b', 'a/b', 'x'.repeat(129)])(
    'the sub %j is 401, and names the rule',
    async (sub) => {
      await expect(verify({ sub })).rejects.toMatchObject({
        status: 401,
        message: expect.stringContaining('1 to 128 characters'),
      });
    },
  );

  it.each([
    { claims: (s: number) => ({ nbf: nowS() + s }), s: 50, isTolerated: true },
    { claims: (s: number) => ({ nbf: nowS() + s }), s: 90, isTolerated: false },
    { claims: (s: number) => ({ exp: nowS() - s }), s: 50, isTolerated: true },
    { claims: (s: number) => ({ exp: nowS() - s }), s: 90, isTolerated: false },
  ])('a clock that is $s s off is tolerated: $isTolerated', async ({ claims, s, isTolerated }) => {
    const verified = verify(claims(s));
    if (isTolerated) await expect(verified).resolves.toBeDefined();
    else await expect(verified).rejects.toMatchObject({ status: 401 });
  });

  it('a demo token has an address that can be mailed to, whatever the user id', () => {
    expect(demoAddress('auth0|a:b.')).toBe('auth0-a-b-@example.com');
    expect(demoAddress('x'.repeat(128))).toBe(`${'x'.repeat(64)}@example.com`);
  });
});
