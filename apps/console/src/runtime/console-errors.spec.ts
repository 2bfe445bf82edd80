import { UnreadableStore } from '@effectively-once/audit';
import { Problem } from '@effectively-once/platform';
import { explain } from './console-errors.js';

describe('the answer to an operator when an audit cannot finish', () => {
  it('names the store, and hides the message of the driver', () => {
    const problem = explain(new UnreadableStore('Redis', new Error('ECONNREFUSED 10.0.0.7:6379')));
    expect(problem).toBeInstanceOf(Problem);
    const body = JSON.stringify((problem as Problem).body());
    expect(body).toContain('No verdict: Redis cannot be read.');
    expect(body).not.toContain('10.0.0.7');
  });

  it('does not change other errors', () => {
    const error = new Error('something else');
    expect(explain(error)).toBe(error);
  });
});
