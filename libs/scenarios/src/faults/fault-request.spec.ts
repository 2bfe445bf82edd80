import { FAULT_DEFINITIONS } from './catalogue.js';
import { faultRequest } from './fault-request.js';

it('takes every fault that the page offers', () => {
  const refused = FAULT_DEFINITIONS.flatMap(({ target, kind, points, needsAddress }) =>
    (points ?? [undefined]).map((point) => ({
      target,
      kind,
      seconds: 5,
      ...(point ? { point } : {}),
      ...(needsAddress ? { address: 'bob@example.com' } : {}),
    })),
  ).filter((asked) => !faultRequest.safeParse(asked).success);
  expect(refused).toEqual([]);
});

const stop = { target: 'redis', kind: 'stop', seconds: 5 };

it.each([
  ['without an end', { target: 'redis', kind: 'stop' }, 'seconds'],
  ['that lasts longer than ten minutes', { ...stop, seconds: 601 }, 'seconds'],
  ['of a process that is not in the catalogue', { ...stop, target: 'console' }, 'kind'],
  ['by pid', { ...stop, target: '4711' }, 'kind'],
  ['of a kind that the target does not have', { ...stop, kind: 'freeze' }, 'kind'],
  ['at a point that the code does not have', { ...stop, kind: 'kill_at', point: 'x' }, 'kind'],
  ['of one mailbox without its address', { target: 'smtp', kind: '550', seconds: 5 }, 'address'],
  ['of Redis with an address', { ...stop, address: 'bob@example.com' }, 'address'],
])('refuses a fault %s', (_, asked, field) => {
  const { error } = faultRequest.safeParse(asked);
  expect(error?.issues.map(({ path }) => path.join('.'))).toEqual([field]);
});
