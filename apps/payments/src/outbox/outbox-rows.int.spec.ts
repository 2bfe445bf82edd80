import { freshDatabase } from '../testing/fresh-database.js';

type Database = Awaited<ReturnType<typeof freshDatabase>>;

let database: Database;
beforeAll(async () => (database = await freshDatabase()));
afterAll(() => database.drop());

/** As a superuser: no grant of a role protects the connector from such a row. */
const insert = (row: { topic?: string; payload?: string; subject?: string }) =>
  database.admin.query(
    `INSERT INTO payments.outbox VALUES (gen_random_uuid(), '1.0', $1, 'alice', 'payment.completed',
       $2, now(), 's', '00-x', $3)`,
    [row.topic ?? 'payment.completed', row.subject ?? 'x', row.payload ?? '{}'],
  );

it('PostgreSQL accepts an event of 100,000 bytes', async () => {
  await expect(insert({ payload: 'x'.repeat(100_000) })).resolves.toBeDefined();
});

it.each([
  ['for a topic that does not exist', { topic: 'no.such.topic' }, 'topic_exists'],
  ['with a payload above 100,000 bytes', { payload: 'x'.repeat(100_001) }, 'fits_into_a_record'],
  ['with headers above 10,000 bytes', { subject: 'x'.repeat(10_001) }, 'fits_into_a_record'],
])('PostgreSQL refuses an outbox row %s', async (_what, row, constraint) => {
  await expect(insert(row)).rejects.toThrow(`violates check constraint "${constraint}"`);
});
