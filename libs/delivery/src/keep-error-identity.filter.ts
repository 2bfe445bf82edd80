import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';

/**
 * Hands a handler's error on as it was thrown. Without this filter Nest turns it into
 * `{status: 'error', message: 'Internal server error'}`, and every failure looks alike.
 */
@Catch()
export class KeepErrorIdentity implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}
