import { UnreadableStore } from '@effectively-once/audit';
import { Problem } from '@effectively-once/platform';
import { explain } from './console-errors.js';

describe('what an operator is told when an audit cannot be finished', () => {
  it('names the store, and nothing of what the driver said', () => {
    const problem = explain(new UnreadableStore('Redis', new Error('ECONNREFUSED 10.0.0.7:6379')));
    expect(problem).toBeInstanceOf(Problem);
    const body = JSON.stringify((problem as Problem).body());
    expect(body).toContain('No verdict: Redis cannot be read.');
    expect(body).not.toContain('10.0.0.7');
  });

  it('leaves every other error as it is', () => {
    const error = new Error('something else');
    expect(explain(error)).toBe(error);
  });
});
