import { checkout, findings, newId } from './system-under-test.js';

const PAYMENTS = 200;
const USERS = 20;
const AT_ONCE = 10;

it('two hundred payments of twenty users are neither lost nor duplicated in any store', async () => {
  const users = Array.from({ length: USERS }, () => newId('user'));
  const remaining = Array.from({ length: PAYMENTS }, (_, index) => users[index % USERS] as string);
  const statuses: number[] = [];
  const buyer = async () => {
    for (let userId = remaining.pop(); userId; userId = remaining.pop()) {
      statuses.push((await checkout({ userId })).status);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, buyer));
  expect(statuses).toEqual(Array(PAYMENTS).fill(201));
  await expect(findings()).resolves.toEqual([]);
});
