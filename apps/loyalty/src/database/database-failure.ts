import { DependencyDown, PermanentFailure } from '@effectively-once/delivery';
import { postgresFailure, sqlStateOf } from '@effectively-once/postgres';

/**
 * Tells delivery how to treat a failed statement. A server that cannot be reached is not the fault
 * of the payment, so the attempt does not count. Everything else counts, also a statement or a lock
 * that took too long and an error of our own, because neither may be retried for ever.
 */
export function databaseFailure(error: unknown): Error {
  const failure = postgresFailure(error);
  switch (failure) {
    case 'unavailable':
      return new DependencyDown('loyalty-database', { cause: error });
    case 'data_refused':
      return new PermanentFailure(
        'EntryRefused',
        `the entry was refused with ${sqlStateOf(error)}`,
        { cause: error },
      );
    case 'timeout':
    case 'transient':
    case 'other':
      return error as Error;
    default:
      return failure satisfies never;
  }
}
