import { DependencyDown } from '@effectively-once/delivery';
import { ReplyError } from 'ioredis';
import { redisFailure } from './redis-failure.js';

it.each([
  new Error('Connection is closed.'),
  new Error("Stream isn't writeable and enableOfflineQueue options is false"),
  new ReplyError("OOM command not allowed when used memory > 'maxmemory'."),
  new ReplyError('LOADING Redis is loading the dataset in memory'),
  new ReplyError('READONLY You can not write against a read only replica.'),
])('Redis is down: %s', (error) => {
  expect(redisFailure(error)).toBeInstanceOf(DependencyDown);
  expect(redisFailure(error)).toMatchObject({ dependency: 'redis', cause: error });
});

it.each([
  new Error('Command timed out'),
  new ReplyError('WRONGTYPE Operation against a key holding the wrong kind of value'),
  new TypeError('x is not a function'),
])('the attempt counts, because the error may be about this receipt: %s', (error) => {
  expect(redisFailure(error)).toBe(error);
});
