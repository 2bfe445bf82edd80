import { createTestDatabase, type TestDatabase } from '@effectively-once/testing';
import { Client } from 'pg';
import { openSnapshot, rowsOf } from './postgres.js';

describe('reading a database', () => {
  let database: TestDatabase;
  let writer: Client;

  beforeAll(async () => {
    database = await createTestDatabase('audit');
    writer = new Client({ connectionString: database.url });
    await writer.connect();
    await writer.query('CREATE TABLE paid (id int)');
  });

  afterAll(async () => {
    await writer.end();
    await database.drop();
  });

  it('reads every row, also of a table larger than one fetch', async () => {
    const client = await openSnapshot(database.url);
    for (const rows of [0, 1, 2_000, 4_001]) {
      const sql = `SELECT id FROM generate_series(1, ${rows}) AS id`;
      const ids: number[] = [];
      for await (const { id } of rowsOf<{ id: number }>(client, sql)) ids.push(id);
      expect(ids).toEqual(Array.from({ length: rows }, (_, index) => index + 1));
    }
    await client.end();
  });

  it('reads two queries in one snapshot, whatever is committed in between', async () => {
    const client = await openSnapshot(database.url);
    const count = async () => {
      let rows = 0;
      for await (const _row of rowsOf(client, 'SELECT id FROM paid')) rows++;
      return rows;
    };
    const before = await count();
    await writer.query('INSERT INTO paid VALUES (1)');
    await expect(count()).resolves.toBe(before);
    await client.end();
  });

  it('cannot write', async () => {
    const client = await openSnapshot(database.url);
    await expect(client.query('INSERT INTO paid VALUES (1)')).rejects.toThrow('read-only');
    await client.end();
  });
});
