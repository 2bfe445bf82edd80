import { errors } from '@elastic/elasticsearch';
import { DependencyDown, PermanentFailure, RefusedForNow } from '@effectively-once/delivery';

const DEPENDENCY = 'elasticsearch';

// About everybody's documents: not allowed in, alias missing. Blaming one would dead-letter them all.
const CONCERNS_EVERYBODY = [401, 403, 404];

/** Sorts what Elasticsearch said about one document: 400 will not change, 429 passes, 5xx is the server. */
export function refusalOf(status: number, cause: unknown): Error {
  if (status >= 500 || CONCERNS_EVERYBODY.includes(status)) {
    return new DependencyDown(DEPENDENCY, { cause });
  }
  if (status === 400) {
    const message = 'Elasticsearch refused the document with 400';
    return new PermanentFailure('DocumentRefused', message, { cause });
  }
  return new RefusedForNow(DEPENDENCY, status, { cause });
}

/**
 * Sorts what the client threw for a whole request. It has many documents in it, so no status of it is
 * about one of them: a 400 of all would dead-letter everybody's.
 */
export function asFailure(error: unknown): Error {
  if (error instanceof errors.ResponseError) {
    const status = error.statusCode ?? 0;
    return status === 400
      ? new RefusedForNow(DEPENDENCY, status, { cause: error })
      : refusalOf(status, error);
  }
  // A slow answer may be this request's trouble; it is counted.
  if (error instanceof errors.TimeoutError) return error;
  if (error instanceof errors.ConnectionError || error instanceof errors.NoLivingConnectionsError) {
    return new DependencyDown(DEPENDENCY, { cause: error });
  }
  return error as Error;
}
