import { jest } from '@jest/globals';
import { TokenVerifier } from './auth.js';
import { mintToken } from '../token.js';

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

  it('is valid until it expires, and not longer', async () => {
    jest.setSystemTime(Date.now() + (TTL_S - 2) * 1_000);
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
