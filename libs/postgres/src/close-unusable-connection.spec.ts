import type { AfterQueryEvent } from 'typeorm';
import { CloseUnusableConnection } from './close-unusable-connection.js';

/** @returns how often the connection was closed after a query that ended with this error. */
async function closedAfter(error: Error | undefined): Promise<number> {
  let closed = 0;
  const end = async () => void (closed += 1);
  const event = { error, queryRunner: { connect: async () => ({ end }) } };
  await new CloseUnusableConnection().afterQuery(event as unknown as AfterQueryEvent);
  return closed;
}

it('closes the connection of a statement that got no answer', async () => {
  expect(await closedAfter(new Error('Query read timeout'))).toBe(1);
});

it('closes a connection to a server that is read-only since a failover', async () => {
  const readOnly = Object.assign(new Error('read-only transaction'), { code: '25006' });
  expect(await closedAfter(readOnly)).toBe(1);
});

it.each([undefined, new Error('duplicate key value violates unique constraint')])(
  'keeps the connection when PostgreSQL works: %s',
  async (error) => {
    expect(await closedAfter(error)).toBe(0);
  },
);
