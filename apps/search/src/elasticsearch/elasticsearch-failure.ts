import { errors, type estypes } from '@elastic/elasticsearch';
import { DependencyDown, PermanentFailure } from '@effectively-once/delivery';

const DEPENDENCY = 'elasticsearch';

/*
 * What Elasticsearch says about a document (`error.type` of a bulk item), and the circuit breaker's
 * view of it. The status alone is not enough: a closed index and a bad field are both 400.
 * Sources: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk and
 * `org.elasticsearch.ElasticsearchException` in Elasticsearch's source, which lists all types.
 */
const SERVER_TYPES = new Map([
  ['cluster_block_exception', 'a block: disk almost full, read-only, no master, metadata closed'],
  ['index_closed_exception', 'the operator closed the index'],
  ['index_not_found_exception', 'the index or its alias is missing'],
  ['alias_not_found_exception', 'the alias is missing'],
  ['unavailable_shards_exception', 'the primary shard or enough copies are missing'],
  ['no_shard_available_action_exception', 'no copy of the shard is available'],
  ['shard_not_in_primary_mode_exception', 'the primary moves to another node'],
  ['illegal_index_shard_state_exception', 'the shard starts or recovers'],
  ['primary_missing_action_exception', 'no primary shard'],
  ['retry_on_primary_exception', 'the primary moves to another node'],
  ['es_rejected_execution_exception', 'too many requests: the write queue is full'],
  ['circuit_breaking_exception', 'too little memory for the request'],
  ['master_not_discovered_exception', 'no master'],
  ['not_master_exception', 'the master moved to another node'],
  ['node_not_connected_exception', 'a node left'],
  ['node_closed_exception', 'a node stops'],
  ['process_cluster_event_timeout_exception', 'the master is overloaded'],
  ['translog_exception', 'the disk refuses a write'],
  ['already_closed_exception', 'the shard failed, for example on a full disk'],
  ['engine_closed_exception', 'the shard closes or moves'],
  ['security_exception', 'the login or a permission was taken away'],
  ['receive_timeout_transport_exception', 'a node does not answer'],
  ['cluster_state_update_exception', 'the master could not publish'],
]);

// An alias of several indices, none of them chosen for writes. It has a general type.
const NO_WRITE_INDEX = /no write index|is_write_index|more than one ind(ex|ices)/i;

// These statuses are about all documents also with a type that is not in the table.
const refusesAll = (status: number) => status >= 500 || [401, 403, 404, 429].includes(status);

/**
 * Classifies the error of one document. Only what is surely about the server is a dependency that
 * is down. The rest may blame either: a document that breaks the mapping, or a mapping that was
 * changed and refuses every document. The circuit breaker finds out which.
 */
export function refusalOf(status: number, cause: Partial<estypes.ErrorCause> | undefined): Error {
  const type = cause?.type ?? '';
  const isServer =
    refusesAll(status) || SERVER_TYPES.has(type) || NO_WRITE_INDEX.test(cause?.reason ?? '');
  if (isServer) return new DependencyDown(DEPENDENCY, { cause });
  const message = `Elasticsearch refused the document with ${status}`;
  return new PermanentFailure('DocumentRefused', message, { cause, blames: 'unknown' });
}

/**
 * Classifies an error of a whole request, which has many documents. So it is never about one of
 * them, with one exception: this request may be the cause of a timeout, so the attempt counts.
 */
export function elasticsearchFailure(error: unknown): Error {
  if (error instanceof errors.TimeoutError) return error;
  if (
    error instanceof errors.ResponseError ||
    error instanceof errors.ConnectionError ||
    error instanceof errors.NoLivingConnectionsError
  ) {
    return new DependencyDown(DEPENDENCY, { cause: error });
  }
  return error as Error;
}
