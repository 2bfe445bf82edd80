import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';

/**
 * Hands a handler's error on as it was thrown: `@UseFilters(KeepErrorIdentity)` on every consumer.
 * Without it Nest turns the error into `{status: 'error', message: 'Internal server error'}`, and a
 * poison record looks like a dead database.
 */
@Catch()
export class KeepErrorIdentity implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/** Rethrows; a consumer that forgot the filter is told so instead of failing in disguise. */
export function assertErrorIdentity(error: unknown): never {
  if (error instanceof Error) throw error;
  throw new Error('the consumer lacks @UseFilters(KeepErrorIdentity)', { cause: error });
}
