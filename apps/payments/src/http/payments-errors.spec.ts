import { QueryFailedError } from 'typeorm';
import { databaseDownAsProblem } from './payments-errors.js';

const withState = (code: string, message: string) => Object.assign(new Error(message), { code });

describe('a database that is down', () => {
  it.each([
    withState('25006', 'cannot execute INSERT in a read-only transaction'),
    withState('42501', 'permission denied'),
    withState('53100', 'could not extend file: No space left on device'),
    withState('40001', 'canceling statement due to conflict with recovery'),
    withState('XX000', 'an internal error'),
    Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
    Object.assign(new Error('the database system is starting up'), { code: '57P03' }),
    Object.assign(new Error('sorry, too many clients'), { code: '53300' }),
    new Error('Connection terminated unexpectedly'),
    new Error('timeout exceeded when trying to connect'),
    new Error('Query read timeout'),
    new QueryFailedError('SELECT 1', [], new Error('Query read timeout')),
    new Error('Client was closed and is not queryable'),
  ])('is a 503 that promises nothing about the charge: %s', (error) => {
    expect(databaseDownAsProblem(error)).toMatchObject({
      code: 'temporarily_unavailable',
      status: 503,
      headers: { 'retry-after': '1' },
    });
  });

  it('does not excuse our own mistakes', () => {
    const mistake = Object.assign(new Error('syntax error'), { code: '42601' });
    expect(databaseDownAsProblem(mistake)).toBe(mistake);
  });
});
