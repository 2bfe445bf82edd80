import { errors } from '@elastic/elasticsearch';
import { DependencyDown, PermanentFailure, RefusedForNow } from '@effectively-once/delivery';

const DEPENDENCY = 'elasticsearch';

// Unauthorized, or no alias: about all documents. If it counted, every record would be
// dead-lettered.
const REFUSES_ALL = [401, 403, 404];

/** Classifies the status of one document: 400 is permanent, 429 is transient, 5xx is the server. */
export function refusalOf(status: number, cause: unknown): Error {
  if (status >= 500 || REFUSES_ALL.includes(status)) {
    return new DependencyDown(DEPENDENCY, { cause });
  }
  if (status === 400) {
    const message = 'Elasticsearch refused the document with 400';
    return new PermanentFailure('DocumentRefused', message, { cause });
  }
  return new RefusedForNow(DEPENDENCY, status, { cause });
}

/**
 * Classifies an error of a whole request. A request has many documents, so its status says nothing
 * about one of them. If its 400 were permanent, all documents would be dead-lettered.
 */
export function elasticsearchFailure(error: unknown): Error {
  if (error instanceof errors.ResponseError) {
    const status = error.statusCode ?? 0;
    return status === 400
      ? new RefusedForNow(DEPENDENCY, status, { cause: error })
      : refusalOf(status, error);
  }
  // This request may be the cause of a timeout, so the attempt counts.
  if (error instanceof errors.TimeoutError) return error;
  if (error instanceof errors.ConnectionError || error instanceof errors.NoLivingConnectionsError) {
    return new DependencyDown(DEPENDENCY, { cause: error });
  }
  return error as Error;
}
