import { RateLimit } from './rate-limit.js';

describe('the rate limit', () => {
  let nowMs: number;
  let limit: RateLimit;
  beforeEach(() => {
    nowMs = 0;
    limit = new RateLimit({ perS: 2, burst: 3, nowMs: () => nowMs });
  });

  const take = (user = 'alice') => {
    try {
      limit.take(user);
      return 'taken';
    } catch (error) {
      return error;
    }
  };

  it('lets a burst through, then as many as come per second', () => {
    expect([take(), take(), take()]).toEqual(['taken', 'taken', 'taken']);
    expect(take()).toMatchObject({ code: 'rate_limited', status: 429 });
    nowMs = 500;
    expect(take()).toBe('taken');
    expect(take()).toMatchObject({ code: 'rate_limited' });
  });

  it('says after how many whole seconds to come back', () => {
    limit = new RateLimit({ perS: 0.4, burst: 1, nowMs: () => nowMs });
    take();
    expect(take()).toMatchObject({ headers: { 'retry-after': '3' } });
  });

  it('never saves up more than a burst', () => {
    nowMs = 3_600_000;
    expect([take(), take(), take()]).toEqual(['taken', 'taken', 'taken']);
    expect(take()).not.toBe('taken');
  });

  it('counts every user alone', () => {
    for (const _ of [1, 2, 3]) take();
    expect(take('bob')).toBe('taken');
  });
});
