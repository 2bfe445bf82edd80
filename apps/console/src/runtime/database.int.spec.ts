import { createTestDatabase, TcpProxy, type TestDatabase } from '@effectively-once/testing';
import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { consoleDataSource } from './database.js';
import { PaymentsDatabase } from '../pipeline/payments-database.js';

// Without a query timeout, a periodic task of the console would wait for ever, and its gauges would
// keep their old values.
describe('a query to a hanging database fails, and its connection is not used again:', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let detour: URL;
  beforeEach(async () => {
    database = await createTestDatabase('console');
    detour = new URL(database.url);
    const to = { host: detour.hostname, port: Number(detour.port) };
    proxy = await TcpProxy.listen({ port: 0, to });
    detour.host = `127.0.0.1:${proxy.port}`;
  });
  afterEach(async () => {
    await proxy.refuse();
    await database.drop();
  });

  async function hangsUp(query: (sql: string) => Promise<unknown>, connections: () => number) {
    const one = [{ one: 1 }];
    await expect(query('SELECT 1 AS one')).resolves.toEqual(one);
    await proxy.hang();
    await expect(query('SELECT 1 AS one')).rejects.toThrow('Query read timeout');
    expect(connections()).toBe(0);
    await proxy.heal();
    await expect(query('SELECT 1 AS one')).resolves.toEqual(one);
  }

  it('its own', async () => {
    const own: DataSource = await consoleDataSource({ url: detour.href }).initialize();
    const { master } = own.driver as unknown as { master: Pool };
    await hangsUp(
      async (sql) => await own.query(sql),
      () => master.totalCount,
    );
    await own.destroy();
  });

  it("payments', as auditor", async () => {
    const payments = new PaymentsDatabase(detour.href);
    const { pool } = payments as unknown as { pool: Pool };
    await hangsUp(
      async (sql) => await payments.query(sql),
      () => pool.totalCount,
    );
    await payments.onModuleDestroy();
  });
});
