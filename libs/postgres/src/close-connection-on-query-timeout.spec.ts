import type { AfterQueryEvent } from 'typeorm';
import { CloseConnectionOnQueryTimeout } from './close-connection-on-query-timeout.js';

/** @returns how often the connection was closed after a query that ended with this error. */
async function closedAfter(error: Error | undefined): Promise<number> {
  let closed = 0;
  const end = async () => void (closed += 1);
  const event = { error, queryRunner: { connect: async () => ({ end }) } };
  await new CloseConnectionOnQueryTimeout().afterQuery(event as unknown as AfterQueryEvent);
  return closed;
}

it('closes the connection of a statement that got no answer', async () => {
  expect(await closedAfter(new Error('Query read timeout'))).toBe(1);
});

it.each([undefined, new Error('duplicate key value violates unique constraint')])(
  'keeps the connection when PostgreSQL answered: %s',
  async (error) => {
    expect(await closedAfter(error)).toBe(0);
  },
);
