import { pino } from 'pino';
import { Background } from './periodic-task.js';

describe('a task in the background', () => {
  // Nobody could stop this service while one of its tasks has much to catch up on.
  it('hears that it is to stop, and is waited for', async () => {
    let rounds = 0;
    const task = new Background({
      name: 'many rounds',
      everyMs: 1,
      run: async (signal) => {
        while (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 1));
        rounds += 1;
      },
      logger: pino({ level: 'silent' }),
    });
    task.start();
    await task.stop();
    expect(rounds).toBe(1);
  });
});
