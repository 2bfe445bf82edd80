import { errors } from '@elastic/elasticsearch';
import { DependencyDown, PermanentFailure, RefusedForNow } from '@effectively-once/delivery';

// About everybody's documents: not allowed in, alias missing. Blaming one would dead-letter them all.
const CONCERNS_EVERYBODY = [401, 403, 404];

/**
 * Sorts what the client threw when it wrote. 400 is about this document and will not change; 429 passes;
 * the rest is about the server.
 */
export function asFailure(error: unknown): Error {
  if (error instanceof errors.ResponseError) {
    const status = error.statusCode ?? 0;
    if (status === 400) {
      return new PermanentFailure(
        'DocumentRefused',
        'Elasticsearch refused the document with 400',
        {
          cause: error,
        },
      );
    }
    if (!CONCERNS_EVERYBODY.includes(status) && status < 500)
      return new RefusedForNow('elasticsearch', status, { cause: error });
  }
  if (error instanceof errors.ElasticsearchClientError) {
    return new DependencyDown('elasticsearch', { cause: error });
  }
  return error as Error;
}
