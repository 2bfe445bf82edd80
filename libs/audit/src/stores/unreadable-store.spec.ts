import { reading, UnreadableStore } from './unreadable-store.js';

const failing = (error: unknown) =>
  reading('Redis', async () => {
    throw error;
  });

describe('a store that cannot be read', () => {
  it('is named, with the reason', async () => {
    await expect(failing(new Error('timeout'))).rejects.toMatchObject({
      store: 'Redis',
      message: 'cannot read Redis: timeout',
    });
  });

  it('has a reason even if fetch has it only in its cause', async () => {
    const cause = new Error('connect ECONNREFUSED 127.0.0.1:3010');
    await expect(failing(new TypeError('fetch failed', { cause }))).rejects.toThrow(cause.message);
  });

  it('has a reason even if both addresses of a name refuse', async () => {
    const refused = new AggregateError([new Error('connect ECONNREFUSED ::1:6379')], '');
    await expect(failing(refused)).rejects.toThrow('ECONNREFUSED ::1:6379');
  });

  it('keeps the name of the inner store, if one reading calls another', async () => {
    const inner = new UnreadableStore('the payments database', new Error('down'));
    await expect(failing(inner)).rejects.toBe(inner);
  });
});
