import { DependencyDown } from '@effectively-once/delivery';

// ioredis' own messages when it has no connection, or lost it while a command ran.
const NO_CONNECTION =
  /^(Connection is closed|Stream isn't writeable|Reached the max retries|Command aborted|read ECONN|write E)/;
/*
 * Replies that every command of email would get now, by their first word. Redis writes them inside
 * a script too. Sources: https://redis.io/docs/latest/develop/reference/protocol-spec/ (simple
 * errors) and the shared replies in Redis' source, src/server.c `createSharedObjects`.
 */
const REFUSES_ALL = new Map([
  ['OOM', 'maxmemory is reached, and noeviction keeps the deduplication markers'],
  ['LOADING', 'Redis reads its data set after a restart'],
  ['BUSY', 'a script runs too long'],
  ['MISCONF', 'Redis cannot persist: its disk is full or read-only'],
  ['READONLY', 'a replica: a failover made another server the primary'],
  ['NOREPLICAS', 'fewer replicas than min-replicas-to-write'],
  ['MASTERDOWN', 'a replica without its primary'],
  ['CLUSTERDOWN', 'the cluster has no owner for a slot'],
  ['TRYAGAIN', 'the cluster moves a slot'],
  ['MOVED', 'the cluster moved the slot to another server'],
  ['ASK', 'the cluster is moving the slot to another server'],
  ['NOAUTH', 'no login'],
  ['WRONGPASS', 'the password changed'],
  ['NOPERM', 'a permission was taken away'],
  ['DENIED', 'protected mode'],
  ['UNKILLABLE', 'a script that wrote already runs too long'],
]);

// Replies with the general word ERR that are about all commands.
const REFUSES_ALL_WITH_ERR =
  /^ERR (max number of clients|unknown command|operation not permitted|Client sent AUTH|DENYOOM)/i;

/**
 * Classifies an error of ioredis. Email sends nothing in any case: without Redis it does not know
 * what was sent (fail closed). A command that timed out, or a key with a wrong value, may be about
 * this receipt, so the attempt counts.
 */
export function redisFailure(error: unknown): Error {
  const { name, message } = error as Error;
  const isDown = name === 'ReplyError' ? refusesAll(message) : NO_CONNECTION.test(message);
  return isDown ? new DependencyDown('redis', { cause: error }) : (error as Error);
}

function refusesAll(reply: string): boolean {
  const [word = ''] = reply.replace(/^-/, '').split(' ', 1);
  return REFUSES_ALL.has(word) || REFUSES_ALL_WITH_ERR.test(reply);
}
