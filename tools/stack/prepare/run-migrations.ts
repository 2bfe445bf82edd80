import { MigrationExecutor, type DataSource } from 'typeorm';

/**
 * Runs the migrations that the database does not have yet.
 * @throws if the database has a migration that this version of the code does not know.
 */
export async function runMigrations(dataSource: DataSource): Promise<void> {
  const executed = await new MigrationExecutor(dataSource).getExecutedMigrations();
  refuseUnknownMigrations({
    database: String(dataSource.driver.database),
    executed: executed.map(({ name }) => name),
    known: dataSource.migrations.map(({ name, constructor }) => name ?? constructor.name),
  });
  await dataSource.runMigrations({ transaction: 'all' });
}

/**
 * The migrations are baselines: until the first release, a changed table changes its migration.
 * TypeORM would try to create the tables of an older data folder again, or skip the changes.
 *
 * Only names are compared. A migration that was edited under the same name is not noticed here:
 * start with `--wipe` after such an edit.
 */
export function refuseUnknownMigrations(migrations: {
  database: string;
  executed: readonly string[];
  known: readonly string[];
}): void {
  const { database, executed, known } = migrations;
  const unknown = executed.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new Error(
    `the data of the database "${database}" comes from another version of the code ` +
      `(unknown migration: ${unknown.join(', ')}); delete all data with \`npm stop -- --wipe\`, ` +
      'or in Docker with `docker compose down --volumes`, and start again',
  );
}
