import { jest } from '@jest/globals';
import { sql, violations } from './damage.js';
import { untilDrained } from './fault-injection.js';
import { npmRun } from './npm-run.js';
import { findings, newId, pay } from './system-under-test.js';

/*
 * The database of loyalty is restored from a backup: it has lost the points of every payment since.
 * Kafka does not redeliver them, because loyalty has committed their offsets.
 */

// A replay stops and starts loyalty, and ends with an audit of every store.
jest.setTimeout(240_000);

const PAYMENTS = 12;

const paid = async () => {
  const user = newId('user');
  const ids = await Promise.all(Array.from({ length: PAYMENTS }, () => pay(user)));
  await untilDrained();
  return ids;
};

const BACK_UP = `
  CREATE SCHEMA backup;
  CREATE TABLE backup.points_entries AS TABLE loyalty.points_entries;
  CREATE TABLE backup.accounts AS TABLE loyalty.accounts`;
const RESTORE = `
  BEGIN;
  TRUNCATE loyalty.points_entries, loyalty.accounts;
  INSERT INTO loyalty.points_entries SELECT * FROM backup.points_entries;
  INSERT INTO loyalty.accounts SELECT * FROM backup.accounts;
  COMMIT`;

afterAll(() => sql('loyalty', 'DROP SCHEMA IF EXISTS backup CASCADE'));

it('a loyalty database restored from a backup: the audit names each payment, and a replay awards its points once', async () => {
  await paid();
  await sql('loyalty', BACK_UP);
  const since = new Date().toISOString();
  const lost = await paid();
  await sql('loyalty', RESTORE);
  const { I6 = [] } = await violations();
  expect(I6.map(({ id }) => id).sort()).toEqual([...lost].sort());
  const replayed = await npmRun('replay', ['--consumer', 'loyalty', '--from', since]);
  expect(replayed.out).toMatch(/0 lost · 0 doubled · 0 late · 0 other/);
  expect(replayed.code).toBe(0);
  await expect(findings()).resolves.toEqual([]);
});
