import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeSchema } from '../testing/describe-schema.js';
import { freshDatabase } from '../testing/fresh-database.js';

const FILE = join(import.meta.dirname, '..', 'schema.sql');

const HEAD = `-- What the migrations make, as PostgreSQL describes it: for reading, and so that a migration shows its effect
-- in review. Written by WRITE_SCHEMA=1 npm run test:int -- apps/payments/src/schema

`;

it('schema.sql is what the migrations make', async () => {
  const database = await freshDatabase();
  try {
    const schema = HEAD + (await describeSchema(database.admin));
    if (process.env['WRITE_SCHEMA'] === '1') writeFileSync(FILE, schema);
    expect(readFileSync(FILE, 'utf8')).toBe(schema);
  } finally {
    await database.drop();
  }
});
