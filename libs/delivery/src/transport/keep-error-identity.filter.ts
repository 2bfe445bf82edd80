import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';

/**
 * Passes a handler's error on unchanged: `@UseFilters(KeepErrorIdentity)` on every consumer.
 * Without it Nest turns the error into `{status: 'error', message: 'Internal server error'}`, and
 * the runtime cannot tell a poison record from a database that is down.
 */
@Catch()
export class KeepErrorIdentity implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/** Rethrows an error. @throws Error that names the missing filter, if Nest replaced the error. */
export function assertErrorIdentity(error: unknown): never {
  if (error instanceof Error) throw error;
  throw new Error('the consumer lacks @UseFilters(KeepErrorIdentity)', { cause: error });
}
