import { DependencyDown } from '@effectively-once/delivery';
import { ReplyError } from 'ioredis';
import { redisFailure } from './redis-failure.js';

it.each([
  new Error('Connection is closed.'),
  new Error("Stream isn't writeable and enableOfflineQueue options is false"),
  new ReplyError("OOM command not allowed when used memory > 'maxmemory'."),
  new ReplyError('LOADING Redis is loading the dataset in memory'),
  new ReplyError(
    "OOM command not allowed when used memory > 'maxmemory'. script: 5f2b, on @user_script:8.",
  ),
  new ReplyError('BUSY Redis is busy running a script.'),
  new ReplyError('MISCONF Errors writing to the AOF file: No space left on device'),
  new ReplyError("READONLY You can't write against a read only replica."),
  new ReplyError('NOREPLICAS Not enough good replicas to write.'),
  new ReplyError(
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
  ),
  new ReplyError('CLUSTERDOWN Hash slot not served'),
  new ReplyError('TRYAGAIN Multiple keys request during rehashing of slot'),
  new ReplyError('MOVED 3999 127.0.0.1:6381'),
  new ReplyError('ASK 3999 127.0.0.1:6381'),
  new ReplyError('NOAUTH Authentication required.'),
  new ReplyError('WRONGPASS invalid username-password pair or user is disabled.'),
  new ReplyError("NOPERM User email has no permissions to run the 'eval' command"),
  new ReplyError('DENIED Redis is running in protected mode'),
  new ReplyError('UNKILLABLE Sorry the script already executed write commands'),
  new ReplyError('ERR max number of clients reached'),
  new ReplyError("ERR unknown command 'EVALSHA', with args beginning with: "),
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
