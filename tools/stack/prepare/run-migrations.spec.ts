import { refuseUnknownMigrations } from './run-migrations.js';

const known = ['Payments0000000000001', 'Outbox0000000000002'];
const refusing = (executed: string[]) => () =>
  refuseUnknownMigrations({ database: 'payments', executed, known });

it.each([
  ['an empty database', []],
  ['a database that lacks the newest migration', known.slice(0, 1)],
  ['a database that has all migrations', known],
])('accepts %s', (_, executed) => {
  expect(refusing(executed)).not.toThrow();
});

it('refuses the data of another version, and says how to delete it', () => {
  const refusal = refusing(['Payments1795219200001', 'Outbox0000000000002']);
  expect(refusal).toThrow('"payments"');
  expect(refusal).toThrow('(unknown migration: Payments1795219200001)');
  expect(refusal).toThrow('npm stop -- --wipe');
  expect(refusal).toThrow('docker compose down --volumes');
});
