import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeSchema } from '../testing/describe-schema.js';
import { freshDatabase } from '../testing/fresh-database.js';

const FILE = join(import.meta.dirname, '..', '..', 'schema.sql');

const HEAD = `-- The result of the migrations, as PostgreSQL describes it: to read, and to review a migration.
-- Written by WRITE_SCHEMA=1 npm run test:int -- apps/payments/src/migrations

`;

it('schema.sql is the result of the migrations', async () => {
  const database = await freshDatabase();
  try {
    const schema = HEAD + (await describeSchema(database.admin));
    if (process.env['WRITE_SCHEMA'] === '1') writeFileSync(FILE, schema);
    expect(readFileSync(FILE, 'utf8')).toBe(schema);
  } finally {
    await database.drop();
  }
});
