import { QueryFailedError } from 'typeorm';
import { databaseDownAsProblem } from './payments-errors.js';

describe('a database that is down', () => {
  it.each([
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
