import { consoleMetric, untilHealthy, untilLogPassed, whileClientsPay } from './connector.js';
import { sql } from './damage.js';
import { untilDrained } from './fault-injection.js';
import { findingCounts } from './system-under-test.js';

const MB = 1_000_000;
const PASSED_WITHIN_MS = 600_000;
const BULK_ROWS = process.env['LONG_SAMPLE'] ? 100_000 : 1_000_000;

beforeAll(untilHealthy);

it.each([
  [
    'a transaction of 1 GB in a table that is not published',
    `CREATE TABLE public.bulk AS
       SELECT n, repeat('x', 1000) AS text FROM generate_series(1, ${BULK_ROWS}) AS n`,
  ],
  [
    'a message of 250 MB',
    `SELECT pg_logical_emit_message(true, 'other-cdc', repeat('x', ${250 * MB}))`,
  ],
])('%s delays the events, and stops none', async (_what, statement) => {
  const restarts = async () => (await consoleMetric('cdc_connector_restarts_total')) || 0;
  const before = await restarts();
  const found = await findingCounts();
  await whileClientsPay(2, async () => {
    await sql('payments', statement);
    await sql('payments', 'DROP TABLE IF EXISTS public.bulk');
    await untilLogPassed('it', PASSED_WITHIN_MS);
  });
  await untilDrained();
  await expect(findingCounts()).resolves.toEqual(found);
  // The supervisor must not take the time of decoding for a stall.
  await expect(restarts()).resolves.toBe(before);
});
