import { EventEmitter } from 'node:events';
import type { Client } from 'pg';
import { postgresOptions } from './postgres-options.js';

const url = 'postgres://127.0.0.1/test';

it('waits longer for an answer than the server lets a statement run', () => {
  const { extra } = postgresOptions({ url, applicationName: 'test' });
  expect(extra.query_timeout).toBeGreaterThan(extra.statement_timeout);
  expect(extra.statement_timeout).toBeGreaterThan(extra.lock_timeout);
});

it('never changes a table without a migration', () => {
  expect(postgresOptions({ url, applicationName: 'test' }).synchronize).toBe(false);
});

it('survives an error of a connection to which TypeORM does not listen yet', () => {
  const client = new EventEmitter();
  postgresOptions({ url, applicationName: 'test' }).extra.onConnect(client as Client);
  expect(() => client.emit('error', new Error('terminating connection'))).not.toThrow();
});
